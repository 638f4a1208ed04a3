// events: the state as it changes, server-sent, newest wins. One coroutine a viewer.
#include "commands/command_groups.hpp"
#include "commands/model_print_events.hpp"
#include "commands/model_printer.hpp"
#include "commands/state_events.hpp"
#include "transport/error.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace layerline::commands {

namespace {

namespace net = transport::net;
using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)

constexpr std::chrono::seconds heartbeat_interval{15};
// At most four changes a second to a viewer.
constexpr std::chrono::milliseconds change_interval{250};

// One of the places for viewers, given back at the end of the stream however that comes.
class viewer_place {
public:
    explicit viewer_place(int& open) : open_(open) { ++open_; }
    ~viewer_place() { --open_; }
    viewer_place(const viewer_place&) = delete;
    viewer_place& operator=(const viewer_place&) = delete;

private:
    int& open_;
};

transport::task<bool> sent(transport::exchange& call, std::string_view text)
{
    const auto done = co_await call.write(net::buffer(text));
    co_return done.has_value();
}

// Until the printer, or a print from a model, stands otherwise; false: the program ends.
transport::task<bool> news(command_context& at, std::uint64_t known, std::uint64_t known_prints)
{
    if (at.models == nullptr) {
        const auto changed = co_await at.printer.changed(known);
        co_return changed.has_value();
    }
    auto either = co_await (at.printer.changed(known) || at.models->changed(known_prints));
    const auto& first = either.index() == 0 ? std::get<0>(either) : std::get<1>(either);
    co_return first.has_value();
}

} // namespace

transport::task<void> run_events(command_context& at, const arguments&)
{
    if (at.viewers >= max_viewers) {
        transport::fields more;
        more.set("retry-after", "5");
        co_await send_raw_failure(at, fail(503, ""), std::move(more));
        co_return;
    }
    const viewer_place place(at.viewers);
    const auto seen = at.call.request().headers.find("last-event-id");
    state_events stream(seen && seen->size() <= 64 ? std::string(*seen) : std::string());

    transport::response_head head;
    head.headers.set("content-type", "text/event-stream");
    head.headers.set("cache-control", "no-store");
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("x-accel-buffering", "no"); // a proxy on the way must not gather events
    head.headers.set("x-request-id", at.request_id);
    if (const auto begun = co_await at.call.respond(std::move(head)); !begun) co_return;

    net::steady_timer timer(co_await net::this_coro::executor);
    // The first bytes go at once, also when there is nothing new: the viewer sees that the stream is open.
    std::string text(state_events::heartbeat());
    std::uint64_t known = 0, known_prints = 0;
    model_print_events prints;
    const auto take_news = [&] {
        const auto state = at.printer.state();
        known = state.sequence;
        text += stream.next(state);
        if (at.models == nullptr) return;
        known_prints = at.models->sequence();
        text += prints.next(at.models->look_all(at.who));
    };
    take_news();
    for (;;) {
        if (!text.empty()) {
            const bool went = co_await sent(at.call, text);
            if (!went) co_return;
            timer.expires_after(change_interval);
            (void)co_await timer.async_wait(net::use_awaitable);
        }
        text.clear();
        timer.expires_after(heartbeat_interval);
        auto either = co_await (news(at, known, known_prints) || timer.async_wait(net::use_awaitable));
        if (either.index() == 0 && !std::get<0>(either)) break; // the program ends
        if (either.index() == 0)
            take_news();
        else
            text = state_events::heartbeat();
    }
    (void)co_await at.call.finish();
}

} // namespace layerline::commands
