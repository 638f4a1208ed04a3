// The life of a connection. Its coroutine is cancelled the moment its caller goes away, and the handler that
// runs in it with it: nothing on the connection goes on after that.
//
// When is a caller gone? A reset or a broken connection: at once. The end of what it sends (FIN) may be a
// program that half-closes and still reads, or one that was killed; only writing tells. So: an answer with a
// length goes on (writing finds out), a stream that has begun ends at once, and a handler that has not begun
// its answer has half_close_patience to begin one.
#include "transport/http_connection.hpp"

#include "transport/date_field.hpp"
#include "transport/edge_fields.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

namespace layerline::transport {

namespace {

constexpr auto half_close_patience = std::chrono::seconds(2);
// A closing connection reads on for so long: closing with bytes unread would reset it, and the answer that
// says why with it.
constexpr auto linger_time = std::chrono::seconds(2);
constexpr std::size_t drained_at_most = 256UL * 1024;

std::string_view what(const std::exception_ptr& thrown, std::string& kept)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        kept = e.what();
    } catch (...) {
        kept = "not an exception";
    }
    return kept;
}

// What co_spawn calls at a connection's end. Its own type, with the slot as a member: what
// bind_cancellation_slot() makes has Asio 1.26 send a cancellation through the executor, where it can come
// too late.
struct connection_end {
    using cancellation_slot_type = net::cancellation_slot;

    std::shared_ptr<http_connection> ended;

    cancellation_slot_type get_cancellation_slot() const noexcept { return ended->cancel_slot(); }
    void operator()(const std::exception_ptr& thrown) const
    {
        std::string text;
        if (thrown && !ended->caller_gone())
            spdlog::error("a connection ended by an exception: {}", what(thrown, text));
        ended->cut();
    }
};

} // namespace

std::string address_of_caller(const std::string& peer)
{
    error_code fault;
    const auto address = net::ip::make_address(peer, fault);
    if (fault || !address.is_v6()) return peer;
    const auto bytes = address.to_v6().to_bytes();
    return std::string(bytes.begin(), bytes.begin() + 8);
}

connection_seat::connection_seat(std::shared_ptr<connection_group> group, const std::string& peer)
    : group_(std::move(group)), address_(address_of_caller(peer))
{
    ++group_->seats;
    ++group_->by_address[address_];
}

connection_seat::~connection_seat()
{
    --group_->seats;
    const auto mine = group_->by_address.find(address_);
    if (mine != group_->by_address.end() && --mine->second == 0) group_->by_address.erase(mine);
}

void start_connection(std::shared_ptr<connection_group> group, std::shared_ptr<byte_stream> stream,
                      std::string peer)
{
    const auto executor = stream->executor();
    const auto made = std::make_shared<http_connection>(std::move(group), std::move(stream), std::move(peer));
    net::co_spawn(executor, made->run(), connection_end{made});
}

http_connection::http_connection(std::shared_ptr<connection_group> group, std::shared_ptr<byte_stream> stream,
                                 std::string peer)
    : group_(std::move(group)), stream_(std::move(stream)),
      wire_(std::make_shared<wire_reader>(stream_, group_->options.limits.max_header_bytes)),
      peer_(std::move(peer)), half_closed_(stream_->executor())
{
    group_->open.insert(this);
    stream_->keep(std::make_shared<connection_seat>(group_, peer_));
}

http_connection::~http_connection()
{
    group_->open.erase(this);
    if (group_->open.empty()) group_->empty.cancel();
}

void http_connection::stop_soon()
{
    if (exchange_) exchange_->last_one();
    if (idle_) stream_->close(false);
}

void http_connection::cut()
{
    wire_->unwatch();
    cancel_handler();
    stream_->close(false);
}

void http_connection::cancel_handler()
{
    gone_ = true;
    half_closed_.cancel();
    cancel_.emit(net::cancellation_type::terminal);
}

task<void> http_connection::run()
{
    const auto& limits = group_->options.limits;
    if (stream_->tls() != nullptr) {
        stream_->read_by(clock::now() + limits.head_timeout);
        const auto agreed = co_await stream_->handshake(net::ssl::stream_base::server);
        if (!agreed) {
            spdlog::debug("TLS handshake with {}: {}", peer_, agreed.error().message());
            co_return;
        }
        stream_->read_by(clock::time_point::max());
    }
    for (;;) {
        auto next = co_await next_head();
        if (std::holds_alternative<std::monostate>(next)) break;
        if (const auto* refused = std::get_if<refusal>(&next)) {
            co_await refuse(*refused);
            break;
        }
        if (!co_await serve(std::move(std::get<parsed_request>(next)))) break;
    }
    stream_->close(false);
}

task<http_connection::next_request> http_connection::next_head()
{
    const auto& limits = group_->options.limits;
    const head_limits most{limits.max_header_bytes, limits.max_target_bytes};
    std::size_t seen = 0;
    std::optional<clock::time_point> head_by;
    const auto idle_by = clock::now() + limits.idle_timeout;
    for (;;) {
        std::variant<more_needed, refusal, parsed_request> parsed;
        if (!wire_->input().empty()) parsed = parse_request(wire_->input().view(), seen, most);
        if (auto* refused = std::get_if<refusal>(&parsed)) co_return *refused;
        if (auto* request = std::get_if<parsed_request>(&parsed)) {
            wire_->input().consume(request->consumed);
            idle_ = false;
            co_return std::move(*request);
        }
        idle_ = wire_->input().empty();
        if (idle_ && group_->stopping) co_return std::monostate{};
        if (!idle_ && !head_by) head_by = clock::now() + limits.head_timeout;
        const auto more = co_await wire_->fill(head_by.value_or(idle_by));
        if (!more && more.error() == errc::timed_out && !idle_)
            co_return refusal{408, "the head took too long"};
        if (!more || !*more) co_return std::monostate{};
        idle_ = false;
    }
}

task<bool> http_connection::serve(parsed_request request)
{
    request.head.via = group_->options.via;
    request.head.peer = peer_;
    const auto taken = take_in(request.head.headers, group_->options.principals);
    if (std::holds_alternative<malformed_timeout>(taken)) {
        co_await refuse({400, "x-layerline-timeout-ms is not 1 to 86400000"});
        co_return false;
    }
    if (const auto left = std::get<time_left>(taken)) request.head.deadline = clock::now() + *left;

    exchange_.emplace(wire_, std::move(request), group_->options.limits, [this] { watch(); });
    if (group_->stopping) exchange_->last_one();
    struct forget {
        http_connection& of;
        ~forget()
        {
            of.wire_->unwatch();
            of.half_closed_.cancel();
            of.exchange_.reset();
        }
    } const afterwards{*this};

    std::exception_ptr thrown;
    try {
        co_await group_->answers.serve(*exchange_);
    } catch (...) {
        thrown = std::current_exception();
    }
    exchange_->end_body();
    if (thrown && !gone_) {
        std::string text;
        spdlog::error("{} {}: the handler threw: {}", exchange_->request().method,
                      exchange_->request().headers.find("x-request-id").value_or(""), what(thrown, text));
    }
    if (exchange_->handed_over()) co_return false;
    if (gone_) {
        stream_->close(true);
        co_return false;
    }
    if (!exchange_->begun()) {
        response_head head;
        head.status = 500;
        head.headers.set("content-type", "application/json");
        const std::string id(exchange_->request().headers.find("x-request-id").value_or(""));
        co_await respond_with(*exchange_, std::move(head),
                              error_body(500, "the request was not answered", id));
    }
    if (!exchange_->finished()) {
        stream_->close(true);
        co_return false;
    }
    if (!exchange_->keeps_alive() || wire_->reading_body()) {
        co_await linger();
        co_return false;
    }
    if (co_await drain()) co_return !group_->stopping;
    co_await linger();
    co_return false;
}

// What the service did not read of the body stands before the next request.
task<bool> http_connection::drain()
{
    const auto by = clock::now() + group_->options.limits.head_timeout;
    if (wire_->body_left().value_or(0) > drained_at_most) co_return false;
    std::array<char, 16UL * 1024> waste; // NOLINT(cppcoreguidelines-pro-type-member-init): written only
    std::size_t drained = 0;
    while (!wire_->body_done()) {
        if (drained > drained_at_most || clock::now() >= by) co_return false;
        const auto got = co_await wire_->read_body(net::buffer(waste), by - clock::now());
        if (!got) co_return false;
        drained += *got;
    }
    co_return true;
}

task<void> http_connection::refuse(refusal why)
{
    const auto id = new_request_id();
    const auto body = error_body(why.status, why.why, id);
    const fields headers{{"date", date_now()},
                         {"content-type", "application/json"},
                         {"content-length", std::to_string(body.size())},
                         {"x-request-id", id},
                         {"connection", "close"}};
    const auto head = write_response(why.status, headers).value_or("");
    const std::array<net::const_buffer, 3> parts{net::buffer(head), net::buffer(body)};
    stream_->write_limits(linger_time, clock::now() + linger_time);
    const auto sent = co_await stream_->write(parts);
    if (sent) co_await linger();
}

task<void> http_connection::linger()
{
    if (!stream_->is_open()) co_return;
    stream_->shutdown_send();
    const auto by = clock::now() + linger_time;
    co_await wire_->body_unread(by); // whoever pumps the body on is told so by then
    while (!wire_->reading_body()) {
        wire_->input().consume(wire_->input().view().size());
        const auto more = co_await wire_->fill(by);
        if (!more || !*more || group_->stopping) co_return;
    }
}

void http_connection::watch()
{
    wire_->watch([weak = weak_from_this()](error_code why) {
        if (const auto self = weak.lock()) self->peer_gone(why);
    });
}

void http_connection::peer_gone(error_code why)
{
    if (!exchange_) return;
    if (why || exchange_->streaming()) return cancel_handler();
    half_closed_.expires_after(half_close_patience);
    half_closed_.async_wait([weak = weak_from_this()](const error_code& ec) {
        const auto self = weak.lock();
        if (ec || !self || !self->exchange_ || self->exchange_->has_length()) return;
        self->cancel_handler();
    });
}

} // namespace layerline::transport
