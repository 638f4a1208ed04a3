#include "cli/follow.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>

namespace layerline::cli {

namespace {

namespace net = transport::net;
using net::experimental::awaitable_operators::operator||;

using watcher = std::function<std::optional<verdict>(const job_view&)>;

struct following {
    api& far;
    follow_options options;
    watcher seen;
    job_view view;
    std::string last_id;
    transport::clock::time_point last_word = transport::clock::now();
};

transport::task<void> pause_for(std::chrono::milliseconds time)
{
    net::steady_timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(net::use_awaitable);
}

// Reads one stream to its end or to a verdict.
transport::task<std::optional<verdict>> read_stream(following& at, transport::response stream)
{
    event_reader reader;
    std::array<char, 16UL * 1024> part{};
    for (;;) {
        auto count = co_await stream.body->read_some(net::buffer(part));
        if (!count || *count == 0) co_return std::nullopt;
        at.last_word = transport::clock::now();
        for (const auto& event : reader.feed(std::string_view(part.data(), *count))) {
            if (!event.id.empty()) at.last_id = event.id;
            if (at.options.each) at.options.each(event);
            if (!at.view.apply(event)) continue;
            if (auto said = at.seen(at.view)) co_return said;
        }
    }
}

bool worth_trying_again(exit_code code)
{
    return code == exit_code::unreachable || code == exit_code::printer_away || code == exit_code::failed ||
           code == exit_code::too_much || code == exit_code::not_in_time;
}

transport::task<verdict> follow_on(following& at)
{
    std::chrono::milliseconds wait{500};
    for (;;) {
        auto opened = co_await at.far.events(at.last_id);
        verdict why;
        if (auto* stream = std::get_if<transport::response>(&opened)) {
            wait = std::chrono::milliseconds(500);
            auto said = co_await read_stream(at, std::move(*stream));
            if (said) co_return std::move(*said);
            why.code = exit_code::unreachable;
            why.text = "The connection broke off and could not be made again.";
        } else {
            why = std::get<verdict>(opened);
            // A view that was never had is an answer in itself: nobody waits two minutes for a wrong address.
            if (!worth_trying_again(why.code) || !at.view.known()) co_return why;
        }
        if (transport::clock::now() - at.last_word > at.options.give_up_after) co_return why;
        co_await pause_for(wait);
        wait = std::min(wait * 2, std::chrono::milliseconds(5000));
    }
}

} // namespace

transport::task<verdict> follow(api& far, follow_options options, watcher seen)
{
    following at{far, options, std::move(seen), {}, {}};
    if (!options.at_most) co_return co_await follow_on(at);
    auto first = co_await (follow_on(at) || pause_for(*options.at_most));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    verdict late;
    late.code = exit_code::not_in_time;
    late.text = "The awaited state did not come in time; the printer is now: " +
                (at.view.known() ? at.view.phase() : std::string("unknown")) + ".";
    co_return late;
}

} // namespace layerline::cli
