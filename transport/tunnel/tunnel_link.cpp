// The coroutines of a tunnel: one reads, one writes, one watches over silence and the end.
#include "transport/tunnel/tunnel_link.hpp"

#include "transport/error.hpp"
#include "transport/send_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <boost/system/errc.hpp>

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <vector>

namespace layerline::transport {

namespace {

// An idle tunnel holds the small buffer only: a relay may hold ten thousand of them.
constexpr std::size_t small_read = 512, large_read = std::size_t{64} * 1024;
constexpr int small_reads_before_shrinking = 8;
constexpr std::chrono::seconds rest_before_shrinking{1};
constexpr std::size_t kept_write_buffer = std::size_t{1} * 1024;
// Requests handed out before the writer has its turn: with more of them in one message the first answers
// leave while the last are being made, and the other end works beside this one instead of after it.
constexpr std::size_t requests_a_turn = 8;
// How long the last messages (GOAWAY) may take before the connection is cut.
constexpr std::chrono::milliseconds last_words{1000};

// The name that goes into GOAWAY and into the WebSocket's close.
std::string name_of(const error_code& why)
{
    for (const auto& row : error_table())
        if (why == row.code) return std::string(row.name);
    return "failed";
}

// co_spawn would run a coroutine at once up to its first wait: a service then runs in the middle of our
// dispatch. And one that is cancelled before it ever waited throws out of io_context::run() (Asio 1.26),
// which itself waits at the end of one that never did: nothing is saved by beginning at once.
task<void> from_the_loop(task<void> what)
{
    co_await net::post(net::use_awaitable);
    co_await std::move(what);
}

// Waits until no more than about one message's worth is unsent in the kernel: what waits there cannot be
// overtaken any more, and TCP_NOTSENT_LOWAT alone lets 30 KiB through, a quarter of a second on 1 Mbit/s.
// Says how much is unsent then.
task<std::size_t> until_drained(send_queue& kernel, std::size_t allowed)
{
    auto waiting = kernel.unsent();
    if (waiting <= allowed) co_return waiting;
    net::steady_timer timer(co_await net::this_coro::executor);
    for (; waiting > allowed; waiting = kernel.unsent()) {
        // A message's worth goes in about 20 ms; looked at again when the surplus should be gone.
        const auto surplus = static_cast<double>(waiting - allowed) / static_cast<double>(allowed);
        const auto pause = std::chrono::microseconds(static_cast<long>(20'000 * std::min(surplus, 2.0)));
        timer.expires_after(std::max<std::chrono::microseconds>(pause, std::chrono::milliseconds(1)));
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
    }
    co_return waiting;
}

// The most that a message can be on the wire: in a WebSocket frame, in TLS records.
std::size_t on_the_wire(std::size_t message)
{
    return message + message / 256 + 64;
}

window_planner::settings windows_of(const tunnel_limits& limits)
{
    window_planner::settings out;
    out.first = limits.stream_window;
    out.most = std::max(limits.stream_window, limits.stream_window_most);
    out.most_grown = limits.connection_window;
    return out;
}

std::uint16_t close_code(const error_code& why)
{
    if (why == errc::malformed) return 1002; // protocol error (RFC 6455 section 7.4.1)
    if (why == errc::shutting_down) return 1001;
    return 1000;
}

} // namespace

tunnel_link::tunnel_link(h2_role role, std::shared_ptr<message_stream> stream, const tunnel_limits& limits)
    : stream_(std::move(stream)), asks_(role == h2_role::client), limits_(limits), session_(role, limits),
      keep_alive_(limits.ping_every, limits.ping_timeout), message_size_(limits.message_bytes),
      windows_(windows_of(limits))
{
}

tunnel_link::~tunnel_link() = default;

// What co_spawn calls at a coroutine's end. Its own type, with the slot as a member: for a handler made by
// bind_cancellation_slot() Asio 1.26 sends a cancellation through the executor, and from outside of run()
// that reaches a coroutine that may be gone by then. It keeps the stream, whose signal the slot belongs to.
struct tunnel_link::coroutine_end {
    using cancellation_slot_type = net::cancellation_slot;

    std::shared_ptr<tunnel_link> link;
    std::shared_ptr<tunnel_stream> bound;

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return bound ? bound->cancel.slot() : net::cancellation_slot();
    }
    void operator()(std::exception_ptr thrown) const
    {
        --link->running_;
        link->idle_.notify();
        // A stream's coroutine that threw has cleaned up through its guards; without one of its own three the
        // tunnel cannot go on.
        if (thrown && !bound) link->fail();
    }
};

void tunnel_link::start(const net::io_executor& executor, task<void> what,
                        std::shared_ptr<tunnel_stream> bound)
{
    ++running_;
    net::co_spawn(executor, from_the_loop(std::move(what)),
                  coroutine_end{shared_from_this(), std::move(bound)});
}

void tunnel_link::fail()
{
    connection_lost_ = true;
    end(boost::system::errc::make_error_code(boost::system::errc::not_enough_memory));
    stream_->abort();
}

task<error_code> tunnel_link::carry()
{
    const auto self = shared_from_this();
    if (executor_) co_return make_error_code(errc::closed); // it ran already
    // Cancellation is a wish to end here, not an exception: what runs must be waited for.
    const bool throws = co_await net::this_coro::throw_if_cancelled();
    co_await net::this_coro::throw_if_cancelled(false);
    executor_ = co_await net::this_coro::executor;
    heard_ = clock::now();
    start(*executor_, read_messages(self), nullptr);
    start(*executor_, write_messages(self), nullptr);
    start(*executor_, watch(self), nullptr);
    while (running_ > 0) {
        const bool wanted = co_await idle_.wait();
        if (!wanted) end(errc::shutting_down);
    }
    co_await net::this_coro::throw_if_cancelled(throws);
    co_return why_;
}

task<void> tunnel_link::read_messages(std::shared_ptr<tunnel_link> self)
{
    std::vector<char> buffer(small_read);
    int small_in_a_row = 0;
    clock::time_point large_at{};
    for (;;) {
        const auto got = co_await self->stream_->read_some(net::buffer(buffer));
        if (!got || *got == 0) {
            self->connection_lost_ = true;
            self->end(self->reason(got ? error_code(errc::closed) : got.error()));
            break;
        }
        self->heard_ = clock::now();
        self->heard_anything_ = true;
        const bool was_settled = self->session_.settled();
        const auto taken = self->session_.receive(std::span<const char>(buffer.data(), *got));
        if (!taken) self->end(taken.error());
        while (!self->dispatch())
            co_await net::post(net::use_awaitable);
        if (!taken) break;
        if (!was_settled && self->session_.settled()) self->settled_.notify();
        if (self->session_.wants_to_send()) self->send_soon();
        small_in_a_row = *got > small_read / 2 ? 0 : small_in_a_row + 1;
        if (small_in_a_row == 0) large_at = self->heard_;
        if (*got == buffer.size() && buffer.size() < large_read) {
            buffer.resize(std::min(buffer.size() * 4, large_read));
        } else if (buffer.size() > small_read &&
                   (small_in_a_row == small_reads_before_shrinking ||
                    self->heard_ - large_at > rest_before_shrinking)) { // a ping after the traffic
            buffer = std::vector<char>(small_read);
        }
    }
}

task<void> tunnel_link::write_messages(std::shared_ptr<tunnel_link> self)
{
    std::string message;
    auto* const kernel = dynamic_cast<send_queue*>(self->stream_.get());
    auto began = clock::now();
    std::size_t unsent = 0; // at most, in the kernel: asked for only when it may be too much
    for (;;) {
        message.clear();
        bool any = self->session_.wants_to_send();
        if (any) {
            const auto allowed = self->message_size_.bytes();
            if (kernel != nullptr && !self->why_ && unsent > allowed)
                unsent = co_await until_drained(*kernel, allowed);
            any = self->session_.gather(message, self->message_size_.bytes());
        }
        const bool last = static_cast<bool>(self->why_);
        self->dispatch();
        if (any) {
            const auto written = co_await self->stream_->write_message(net::buffer(message));
            if (!written) {
                self->connection_lost_ = true;
                self->end(self->reason(written.error()));
                break;
            }
            // From the end of one message to the end of the next, the wait for the kernel included.
            unsent += on_the_wire(message.size());
            const auto ended = clock::now();
            self->message_size_.sent(message.size(), ended - began);
            began = ended;
            self->session_.set_send_room(self->message_size_.bytes());
        }
        // Once the tunnel ends one more message carries the GOAWAY; bodies are not worth sending any more.
        if (last || self->connection_lost_) break;
        if (any) continue;
        if (message.capacity() > kept_write_buffer) std::string().swap(message);
        if (!self->why_) co_await self->writer_.wait();
        // At a relay whoever else asks in this turn goes along: fewer messages, a fifteenth less processor
        // time a request. An agent's answers come many in a turn as it is, and one who asks alone need not
        // wait.
        if (self->asks_ && self->session_.open_streams() > 1) co_await net::post(net::use_awaitable);
        began = clock::now();
    }
    self->writer_done_ = true;
    self->watcher_.notify();
}

task<void> tunnel_link::watch(std::shared_ptr<tunnel_link> self)
{
    while (!self->why_) {
        const auto step = self->keep_alive_.next(clock::now(), self->heard_);
        if (step.what == keep_alive::verdict::lost) {
            self->connection_lost_ = true;
            // A peer that began with something else than HTTP/2 and then waits has not lost its link.
            const bool never_spoke = self->heard_anything_ && !self->session_.settled();
            self->end(never_spoke ? errc::malformed : errc::keep_alive_lost);
            break;
        }
        if (step.what == keep_alive::verdict::ping) {
            self->send_ping();
            self->session_.rest();
        }
        co_await self->watcher_.wait(step.until);
    }
    const auto patience = clock::now() + last_words;
    while (!self->writer_done_ && !self->connection_lost_ && clock::now() < patience)
        co_await self->watcher_.wait(patience);
    if (self->writer_done_ && !self->connection_lost_)
        co_await self->stream_->close(close_code(self->why_), name_of(self->why_));
    self->stream_->abort();
}

// What the session noted down, handed to those who wait for it; false: the reader must come again for the
// rest.
bool tunnel_link::dispatch()
{
    if (auto fresh = session_.take_events(); noted_.empty())
        noted_ = std::move(fresh);
    else
        std::move(fresh.begin(), fresh.end(), std::back_inserter(noted_));
    std::size_t requests = 0;
    const auto of = [this](h2_stream_id id) -> std::shared_ptr<tunnel_stream> {
        const auto hit = streams_.find(id);
        return hit == streams_.end() ? nullptr : hit->second;
    };
    while (handed_out_ < noted_.size()) {
        h2_event::any event = std::move(noted_[handed_out_++]);
        if (auto* request = std::get_if<h2_event::request>(&event)) {
            if (why_) continue;
            request_arrived(std::move(*request));
            if (++requests == requests_a_turn && handed_out_ < noted_.size()) return false;
        } else if (auto* answer = std::get_if<h2_event::answer>(&event)) {
            if (const auto stream = of(answer->stream)) {
                answer_arrived(*stream, std::move(*answer));
                stream->changed.notify();
            }
        } else if (const auto* body = std::get_if<h2_event::body>(&event)) {
            if (const auto stream = of(body->stream)) stream->changed.notify();
        } else if (const auto* room = std::get_if<h2_event::room>(&event)) {
            if (const auto stream = of(room->stream)) stream->changed.notify();
        } else if (const auto* closed = std::get_if<h2_event::closed>(&event)) {
            stream_closed(closed->stream, closed->why);
        } else if (const auto* pong = std::get_if<h2_event::pong>(&event)) {
            if (pong->number == ping_number_) windows_.round_trip(clock::now() - ping_sent_);
        }
    }
    noted_ = {}; // an idle tunnel keeps none
    handed_out_ = 0;
    if (!why_ && session_.finished()) end(reason(errc::closed));
    return true;
}

void tunnel_link::send_ping()
{
    session_.ping(++ping_number_);
    ping_sent_ = clock::now();
    send_soon();
}

// Bytes of a body went to its reader; over a long way a fast reader gets a wider window.
void tunnel_link::widen(tunnel_stream& stream, std::size_t taken)
{
    if (stream.closed) return;
    const auto now = clock::now();
    if (const auto window = windows_.taken(stream.flow, taken, now)) session_.set_window(stream.id, *window);
    if (windows_.wants_round_trip(stream.flow, now)) send_ping();
}

void tunnel_link::stream_closed(h2_stream_id id, error_code why)
{
    const auto hit = streams_.find(id);
    if (hit == streams_.end()) {
        session_.release(id); // refused before anybody was told of it
        return;
    }
    const auto stream = hit->second;
    stream->closed = true;
    windows_.ended(stream->flow);
    if (why && !stream->broken) stream->broken = why;
    stream->changed.notify();
    // A handler that has answered in full may still have something to note down.
    if (!stream->coroutine_over) stream->cancel.emit(net::cancellation_type::terminal);
}

// Why the tunnel ended, the peer's own word first.
error_code tunnel_link::reason(error_code otherwise) const
{
    if (why_) return why_;
    if (session_.own_complaint().value_or(NGHTTP2_NO_ERROR) != NGHTTP2_NO_ERROR) return errc::malformed;
    if (const auto& farewell = session_.peer_farewell()) {
        for (const auto told : {errc::superseded, errc::credentials_refused})
            if (farewell->reason == name_of(told)) return told;
        return farewell->code == NGHTTP2_NO_ERROR ? errc::closed : errc::malformed;
    }
    return otherwise;
}

void tunnel_link::end(error_code why)
{
    if (why_) return;
    why_ = why ? why : error_code(errc::closed);
    session_.go_away(why_ == errc::malformed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_NO_ERROR, name_of(why_));
    // A copy: whoever is woken or cancelled may drop its stream.
    const auto streams = streams_;
    for (const auto& [id, stream] : streams) {
        if (!stream->closed && !stream->broken) stream->broken = why_;
        stream->closed = true;
        stream->changed.notify();
        stream->cancel.emit(net::cancellation_type::terminal);
    }
    writer_.notify();
    watcher_.notify();
    settled_.notify();
}

void tunnel_link::drain()
{
    if (why_) return;
    session_.go_away(NGHTTP2_NO_ERROR, "draining");
    writer_.notify();
}

void tunnel_link::add(std::shared_ptr<tunnel_stream> stream)
{
    const auto id = stream->id;
    streams_.emplace(id, std::move(stream));
}

void tunnel_link::drop(tunnel_stream& stream) noexcept
{
    try {
        session_.release(stream.id);
        stream.closed = true;
        windows_.ended(stream.flow);
        if (!stream.broken) stream.broken = errc::closed;
        stream.changed.notify();
        const auto hit = streams_.find(stream.id);
        if (hit == streams_.end()) return;
        const auto keep = hit->second;
        streams_.erase(hit);
        if (!keep->coroutine_over) keep->cancel.emit(net::cancellation_type::terminal);
        send_soon();
    } catch (...) {
        // Out of memory while giving something up: the tunnel is beyond help.
        stream_->abort();
    }
}

void tunnel_link::reset(tunnel_stream& stream, std::uint32_t code, error_code why)
{
    session_.reset(stream.id, code);
    windows_.ended(stream.flow);
    if (!stream.broken) stream.broken = why;
    stream.closed = true;
    stream.changed.notify();
    send_soon();
}

task<bool> tunnel_link::settled(clock::time_point by)
{
    const auto self = shared_from_this();
    while (!session_.settled()) {
        if (why_ || clock::now() >= by) co_return false;
        const bool wanted = co_await settled_.wait(by);
        if (!wanted) co_return false;
    }
    co_return true;
}

} // namespace layerline::transport
