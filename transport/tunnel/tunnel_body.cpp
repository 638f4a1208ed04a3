// What goes through a tunnel's streams: bodies that come in, and those that go out.
#include "transport/error.hpp"
#include "transport/tunnel/tunnel_link.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <span>

namespace layerline::transport {

std::optional<result<std::size_t>> tunnel_link::read_now(tunnel_stream& stream, net::mutable_buffer into)
{
    const auto got = session_.read(stream.id, std::span<char>(static_cast<char*>(into.data()), into.size()));
    if (got > 0) {
        widen(stream, got);
        if (session_.wants_to_send()) send_soon(); // the peer's window opens
        return got;
    }
    if (session_.body_is_over(stream.id)) return std::size_t{0};
    if (stream.closed) return stream.broken ? stream.broken : make_error_code(errc::cancelled_by_peer);
    return std::nullopt;
}

task<result<std::size_t>> tunnel_link::read(std::shared_ptr<tunnel_stream> stream, net::mutable_buffer into,
                                            clock::time_point by)
{
    for (;;) {
        if (const auto got = read_now(*stream, into)) co_return *got;
        if (clock::now() >= by) co_return error_code(errc::timed_out);
        const bool wanted = co_await stream->changed.wait(by);
        if (!wanted) co_return error_code(net::error::operation_aborted);
    }
}

bool tunnel_link::write_now(tunnel_stream& stream, net::const_buffer& part)
{
    if (stream.closed) return false;
    const auto taken =
        session_.write(stream.id, std::span<const char>(static_cast<const char*>(part.data()), part.size()));
    part += taken;
    if (taken > 0) send_soon();
    return part.size() == 0;
}

task<result<void>> tunnel_link::write(std::shared_ptr<tunnel_stream> stream, net::const_buffer part)
{
    while (part.size() > 0) {
        if (stream->closed)
            co_return stream->broken ? stream->broken : make_error_code(errc::cancelled_by_peer);
        if (write_now(*stream, part)) break;
        const bool wanted = co_await stream->changed.wait();
        if (!wanted) co_return error_code(net::error::operation_aborted);
    }
    co_return result<void>{};
}

tunnel_body::~tunnel_body()
{
    if (owns_stream_) link_->drop(*stream_);
}

task<result<std::size_t>> tunnel_body::read_some(net::mutable_buffer into)
{
    if (over_ || into.size() == 0) co_return std::size_t{0};
    std::optional<result<std::size_t>> got;
    while (!(got = link_->read_now(*stream_, into))) { // as link_->read(), without a coroutine for it
        const bool wanted = co_await stream_->changed.wait();
        if (!wanted) co_return error_code(net::error::operation_aborted);
    }
    if (*got && **got == 0) over_ = true;
    if (*got && left_) *left_ -= std::min<std::uint64_t>(*left_, **got);
    co_return *got;
}

bool tunnel_body::at_end() const
{
    return over_ || link_->session().body_is_over(stream_->id);
}

std::optional<std::uint64_t> number_in(const fields& headers, std::string_view name)
{
    const auto text = headers.find(name);
    if (!text || text->empty() || text->size() > 19) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : *text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

} // namespace layerline::transport
