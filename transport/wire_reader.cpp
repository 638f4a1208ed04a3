// Reading ahead and taking bodies out of their framing.
#include "transport/wire_reader.hpp"

#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>

namespace layerline::transport {

void wire_reader::start_read()
{
    reading_ = true;
    stream_->start_read(input_.room(), [self = shared_from_this(), this](error_code ec, std::size_t n) {
        reading_ = false;
        input_.arrived(n);
        if (ec)
            broken_ = ec;
        else if (n == 0)
            ended_ = true;
        arrival_.cancel();
        if (!gone_) return;
        if (ec || n == 0) {
            const auto gone = std::exchange(gone_, nullptr);
            gone(ec);
        } else if (input_.room().size() > 0) {
            start_read();
        }
    });
}

task<result<std::size_t>> wire_reader::fill(clock::time_point by)
{
    const auto self = shared_from_this();
    const std::size_t before = input_.view().size();
    for (;;) {
        if (const auto now = input_.view().size(); now > before) co_return now - before;
        if (broken_) co_return broken_;
        if (ended_) co_return std::size_t{0};
        if (!reading_) {
            if (input_.room().size() == 0) co_return error_code(errc::too_large);
            start_read();
        }
        if (clock::now() >= by) co_return error_code(errc::timed_out);
        arrival_.expires_at(by);
        co_await arrival_.async_wait(net::as_tuple(net::use_awaitable));
    }
}

void wire_reader::watch(std::function<void(error_code)> gone)
{
    // Never from inside of the caller.
    if (broken_ || ended_)
        return net::post(stream_->executor(), [gone = std::move(gone), why = broken_] { gone(why); });
    gone_ = std::move(gone);
    if (!reading_ && input_.room().size() > 0) start_read();
}

void wire_reader::begin_body(body_framing framing)
{
    framing_ = framing;
    chunks_ = {};
    body_done_ = framing.kind == body_framing::by::nothing;
}

std::optional<std::uint64_t> wire_reader::body_left() const
{
    if (body_done_) return 0;
    if (framing_.kind == body_framing::by::length) return framing_.length;
    return std::nullopt;
}

// Takes what the buffer holds of the body. False: more bytes must come first.
bool wire_reader::take_buffered(net::mutable_buffer into, std::size_t& taken, bool& broken)
{
    taken = 0;
    const auto held = input_.view();
    if (framing_.kind == body_framing::by::chunks) {
        const auto step = chunks_.look(held);
        input_.consume(step.framing);
        if (chunks_.malformed()) {
            broken = true;
            return true;
        }
        if (chunks_.done()) {
            body_done_ = true;
            return true;
        }
        taken = std::min(step.data, into.size());
        chunks_.used(taken);
    } else {
        taken = std::min(held.size(), into.size());
        if (framing_.kind == body_framing::by::length)
            taken = static_cast<std::size_t>(std::min<std::uint64_t>(taken, framing_.length));
    }
    if (taken == 0) return false;
    std::memcpy(into.data(), input_.view().data(), taken);
    input_.consume(taken);
    return true;
}

task<result<std::size_t>> wire_reader::next_piece(net::mutable_buffer into, clock::duration stall)
{
    const bool counted = framing_.kind == body_framing::by::length;
    for (;;) {
        std::size_t taken = 0;
        bool broken = false;
        if (take_buffered(into, taken, broken)) {
            if (broken) co_return error_code(errc::malformed);
            if (counted && (framing_.length -= taken) == 0) body_done_ = true;
            // Chunks: look on past the data at once, so that the end is known with the last piece.
            if (framing_.kind == body_framing::by::chunks && !body_done_) {
                const auto step = chunks_.look(input_.view());
                input_.consume(step.framing);
                body_done_ = chunks_.done();
            }
            co_return taken;
        }
        // A counted body may skip the buffer; a chunked one needs it for the framing.
        if (counted && !reading_ && !broken_ && !ended_) {
            struct limit {
                byte_stream& of;
                ~limit() { of.read_by(clock::time_point::max()); }
            } const at_the_end{*stream_};
            stream_->read_by(clock::now() + stall);
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), framing_.length));
            const auto got = co_await stream_->read_some(net::buffer(into, most));
            if (!got) {
                // A reader that was cancelled took nothing: the connection is still good.
                if (got.error() != net::error::operation_aborted || !stream_->is_open())
                    broken_ = got.error();
                co_return got.error();
            }
            if (*got == 0) {
                ended_ = true;
                co_return error_code(net::error::connection_reset);
            }
            if ((framing_.length -= *got) == 0) body_done_ = true;
            co_return *got;
        }
        const auto more = co_await fill(clock::now() + stall);
        if (!more) co_return more.error();
        if (!*more) {
            if (framing_.kind != body_framing::by::connection_end)
                co_return error_code(net::error::connection_reset);
            body_done_ = true;
            co_return std::size_t{0};
        }
    }
}

task<result<std::size_t>> wire_reader::read_body(net::mutable_buffer into, clock::duration stall)
{
    if (body_done_ || into.size() == 0) co_return std::size_t{0};
    if (reading_body_) co_return error_code(net::error::already_started);
    const auto self = shared_from_this();
    struct mark {
        wire_reader& of;
        explicit mark(wire_reader& wire) : of(wire) { of.reading_body_ = true; }
        ~mark()
        {
            of.reading_body_ = false;
            of.body_left_alone_.cancel();
        }
    } const inside(*this);
    co_return co_await next_piece(into, stall);
}

task<void> wire_reader::body_unread(clock::time_point by)
{
    const auto self = shared_from_this();
    while (reading_body_ && clock::now() < by) {
        body_left_alone_.expires_at(by);
        co_await body_left_alone_.async_wait(net::as_tuple(net::use_awaitable));
    }
}

} // namespace layerline::transport
