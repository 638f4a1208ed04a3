// The relay's end: requests become streams, with a pump for each body.
#include "transport/error.hpp"
#include "transport/tunnel/tunnel.hpp"
#include "transport/tunnel/tunnel_link.hpp"
#include "transport/tunnel/tunnel_websocket.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <vector>

namespace layerline::transport {

namespace {

constexpr std::size_t pump_buffer = std::size_t{16} * 1024;
constexpr std::string_view timeout_field = "x-layerline-timeout-ms";
// For the answer to a WebSocket, whatever the caller's patience.
constexpr std::chrono::seconds longest_opening{30};

class client_end final : public tunnel_client, public tunnel_link {
public:
    client_end(std::shared_ptr<message_stream> stream, const tunnel_limits& limits)
        : tunnel_link(h2_role::client, std::move(stream), limits)
    {
    }

    task<error_code> run() override { return carry(); }
    void stop(error_code why) override { end(why); }
    void drain() override { tunnel_link::drain(); }
    std::size_t open_streams() const override { return session().open_streams(); }
    task<result<response>> send(request_head head, std::shared_ptr<body_source> body) override;
    task<result<websocket_answer>> open_websocket(request_head head) override;

protected:
    void request_arrived(h2_event::request&&) override {} // a client gets none
    void answer_arrived(tunnel_stream& stream, h2_event::answer&& answer) override
    {
        stream.head = response_head{answer.status, std::move(answer.headers)};
    }

private:
    static task<void> pump(std::shared_ptr<client_end> self, std::shared_ptr<tunnel_stream> stream,
                           std::shared_ptr<body_source> body);
    static error_code trouble(const tunnel_stream& stream, clock::time_point until);
    static task<error_code> answered(std::shared_ptr<tunnel_stream> stream, clock::time_point until);
    static error_code tell_deadline(request_head& head);
};

// Gives the stream up on every way out of send() but the good one, a cancelled coroutine's included.
class stream_guard {
public:
    stream_guard(tunnel_link& link, tunnel_stream& stream) : link_(link), stream_(stream) {}
    ~stream_guard()
    {
        if (armed_) link_.drop(stream_);
    }
    stream_guard(const stream_guard&) = delete;
    stream_guard& operator=(const stream_guard&) = delete;
    void disarm() { armed_ = false; }

private:
    tunnel_link& link_;
    tunnel_stream& stream_;
    bool armed_ = true;
};

// Resets the stream if the pump ends before the body does.
class pump_guard {
public:
    pump_guard(tunnel_link& link, tunnel_stream& stream) : link_(link), stream_(stream) {}
    ~pump_guard()
    {
        stream_.coroutine_over = true;
        if (!stream_.closed && !complete) link_.reset(stream_, NGHTTP2_CANCEL, why);
    }
    pump_guard(const pump_guard&) = delete;
    pump_guard& operator=(const pump_guard&) = delete;

    bool complete = false;
    error_code why = errc::closed;

private:
    tunnel_link& link_;
    tunnel_stream& stream_;
};

task<void> client_end::pump(std::shared_ptr<client_end> self, std::shared_ptr<tunnel_stream> stream,
                            std::shared_ptr<body_source> body)
{
    pump_guard guard(*self, *stream);
    std::vector<char> buffer(pump_buffer);
    while (!stream->closed) {
        const auto got = co_await body->read_some(net::buffer(buffer));
        if (!got) {
            guard.why = got.error();
            co_return;
        }
        if (*got == 0) {
            guard.complete = true;
            self->session().end_body(stream->id);
            self->send_soon();
            co_return;
        }
        const auto written = co_await self->write(stream, net::buffer(buffer.data(), *got));
        if (!written) {
            guard.why = written.error();
            co_return;
        }
    }
}

// Puts what is left of the deadline into the head.
error_code client_end::tell_deadline(request_head& head)
{
    head.headers.erase(timeout_field);
    if (!head.deadline) return {};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*head.deadline - clock::now()).count();
    if (left <= 0) return errc::timed_out;
    head.headers.set(std::string(timeout_field), std::to_string(left));
    return {};
}

// Why the answer's head will not come; clear while it may, and once it is here.
error_code client_end::trouble(const tunnel_stream& stream, clock::time_point until)
{
    if (stream.head) return {};
    if (stream.closed) return stream.broken ? stream.broken : make_error_code(errc::cancelled_by_peer);
    if (clock::now() >= until) return errc::timed_out;
    return {};
}

// Waits for the answer's head.
task<error_code> client_end::answered(std::shared_ptr<tunnel_stream> stream, clock::time_point until)
{
    while (!stream->head) {
        if (const auto failed = trouble(*stream, until)) co_return failed;
        const bool wanted = co_await stream->changed.wait(until);
        if (!wanted) co_return error_code(net::error::operation_aborted);
    }
    co_return error_code();
}

task<result<response>> client_end::send(request_head head, std::shared_ptr<body_source> body)
{
    const auto self = std::static_pointer_cast<client_end>(shared_from_this());
    if (ended()) co_return ended();
    if (const auto late = tell_deadline(head)) co_return late;
    const auto priority = take_priority(head.headers).value_or(h2_priority::normal);
    const auto id =
        session().request(head.method, head.target, std::move(head.headers), priority, body != nullptr);
    if (!id) co_return id.error();
    const auto stream = std::make_shared<tunnel_stream>(*id);
    add(stream);
    stream_guard guard(*this, *stream);
    send_soon();
    if (body) {
        const auto executor = co_await net::this_coro::executor;
        start(executor, pump(self, stream, std::move(body)), stream);
    }
    if (head.off) {
        head.off->by([self, stream](error_code why) {
            if (!stream->closed) self->reset(*stream, NGHTTP2_CANCEL, why);
        });
    }
    constexpr auto never = clock::time_point::max();
    const auto until = std::min(head.deadline.value_or(never), head.answer_by.value_or(never));
    while (!stream->head) { // as answered(), without a coroutine for it
        if (const auto failed = trouble(*stream, until)) co_return failed;
        const bool wanted = co_await stream->changed.wait(until);
        if (!wanted) co_return error_code(net::error::operation_aborted);
    }
    guard.disarm();
    const auto status = stream->head->status;
    const bool bodiless = head.method == "HEAD" || status == 204 || status == 304;
    const auto length =
        bodiless ? std::optional<std::uint64_t>(0) : number_in(stream->head->headers, "content-length");
    response answer;
    answer.body = std::make_shared<tunnel_body>(self, stream, length, true);
    answer.head = std::move(*stream->head);
    co_return answer;
}

task<result<websocket_answer>> client_end::open_websocket(request_head head)
{
    const auto self = std::static_pointer_cast<client_end>(shared_from_this());
    if (ended()) co_return ended();
    const auto until =
        std::min(head.deadline.value_or(clock::time_point::max()), clock::now() + longest_opening);
    const bool known = co_await settled(until);
    if (ended()) co_return ended();
    if (!known) co_return make_error_code(errc::timed_out);
    head.deadline = until;
    if (const auto late = tell_deadline(head)) co_return late;
    const auto priority = take_priority(head.headers).value_or(h2_priority::normal);
    const auto id = session().open_websocket(head.target, std::move(head.headers), priority);
    if (!id) co_return id.error();
    const auto stream = std::make_shared<tunnel_stream>(*id);
    add(stream);
    stream_guard guard(*this, *stream);
    send_soon();
    const auto failed = co_await answered(stream, until);
    if (failed) co_return failed;
    guard.disarm();
    websocket_answer answer;
    answer.head = std::move(*stream->head);
    if (answer.head.status / 100 == 2) {
        answer.head.status = 101;
        strip_websocket_handshake(answer.head.headers);
        answer.stream = std::make_shared<tunnel_websocket>(self, stream, true, peer());
    } else {
        session().end_body(stream->id);
        send_soon();
        answer.body = std::make_shared<tunnel_body>(self, stream,
                                                    number_in(answer.head.headers, "content-length"), true);
    }
    co_return answer;
}

} // namespace

std::shared_ptr<tunnel_client> make_tunnel_client(std::shared_ptr<message_stream> stream,
                                                  tunnel_limits limits)
{
    return std::make_shared<client_end>(std::move(stream), limits);
}

} // namespace layerline::transport
