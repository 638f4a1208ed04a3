// Two WebSockets joined: one coroutine a direction, and one that ends both.
#include "transport/error.hpp"
#include "transport/message_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace layerline::transport {

namespace {

constexpr std::size_t small_part = std::size_t{4} * 1024, large_part = std::size_t{32} * 1024;
constexpr std::uint16_t broken = 1011, no_code = 1005, normal = 1000; // RFC 6455 section 7.4.1

struct joint {
    explicit joint(const net::io_executor& executor) : bell(executor) {}

    net::steady_timer bell; // cancelled whenever a direction ends
    int running = 0;
    std::optional<error_code> ended;              // by the first direction that ended
    std::shared_ptr<message_stream> source, sink; // of that direction
    bool by_writing = false;                      // the sink failed, not the source
    std::array<clock::time_point, 2> written_by{clock::time_point::max(), clock::time_point::max()};
};

task<void> pass(std::shared_ptr<joint> state, std::shared_ptr<message_stream> from,
                std::shared_ptr<message_stream> to, std::size_t way, clock::duration stall)
{
    std::vector<char> buffer(small_part);
    for (;;) {
        const auto part = co_await from->read_part(net::buffer(buffer));
        error_code failed = part ? error_code() : part.error();
        const bool reading = failed.failed();
        if (!failed) {
            state->written_by.at(way) = clock::now() + stall;
            const auto written =
                co_await to->write_part(part->kind, net::buffer(buffer.data(), part->bytes), part->last);
            state->written_by.at(way) = clock::time_point::max();
            if (!written) failed = written.error();
        }
        if (failed) {
            if (!state->ended) {
                state->ended = failed;
                state->by_writing = !reading;
                state->source = from;
                state->sink = to;
            }
            co_return;
        }
        // Big messages in bigger pieces; a socket that only ticks keeps the small one.
        if (part->bytes == buffer.size() && buffer.size() < large_part) buffer.resize(large_part);
    }
}

// A close that came without a code is passed on as an ordinary one: 1005 and 1006 are never on the wire.
close_words last_words(const joint& state)
{
    close_words words{broken, state.ended->message()};
    const auto& ended_side = state.by_writing ? state.sink : state.source;
    if (auto said = ended_side->far_close()) {
        words = std::move(*said);
        if (words.code == no_code) words.code = normal;
    }
    return words;
}

} // namespace

task<error_code> join_websockets(std::shared_ptr<message_stream> left, std::shared_ptr<message_stream> right,
                                 clock::duration stall)
{
    const auto executor = co_await net::this_coro::executor;
    // Cancelled, this ends both sides and waits for its own two coroutines all the same.
    const bool throws = co_await net::this_coro::throw_if_cancelled();
    co_await net::this_coro::throw_if_cancelled(false);
    const auto state = std::make_shared<joint>(executor);
    const auto over = [state](const std::exception_ptr& thrown) {
        if (thrown && !state->ended) state->ended = make_error_code(errc::closed);
        --state->running;
        state->bell.cancel();
    };
    state->running = 2;
    net::co_spawn(executor, pass(state, left, right, 0, stall), over);
    net::co_spawn(executor, pass(state, right, left, 1, stall), over);
    while (!state->ended) {
        // Looked at now and then: exact to a quarter of the stall is enough.
        state->bell.expires_after(stall / 4);
        co_await state->bell.async_wait(net::as_tuple(net::use_awaitable));
        const auto cancelled = co_await net::this_coro::cancellation_state;
        if (cancelled.cancelled() != net::cancellation_type::none) {
            state->ended = make_error_code(errc::shutting_down);
        } else if (clock::now() >= std::min(state->written_by[0], state->written_by[1])) {
            state->ended = make_error_code(errc::timed_out);
        }
    }
    const auto why = *state->ended;
    if (state->source) {
        auto words = last_words(*state);
        const auto other = state->by_writing ? state->source : state->sink;
        co_await other->close(words.code, std::move(words.reason));
    }
    left->abort();
    right->abort();
    while (state->running > 0) {
        state->bell.expires_at(clock::time_point::max());
        co_await state->bell.async_wait(net::as_tuple(net::use_awaitable));
    }
    co_await net::this_coro::throw_if_cancelled(throws);
    co_return why;
}

} // namespace layerline::transport
