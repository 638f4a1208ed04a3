// The event stream: full state, changes, resume, the number of viewers, its end.
#include "commands/state_events.hpp"
#include "tests/commands/api_desk.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

using namespace layerline::commands;
using layerline::fakes::memory_exchange;
using layerline::printer::phase;
namespace net = layerline::transport::net;

namespace {

// The first event in a text, taken apart.
struct event {
    std::string kind, id;
    json data;
};
event first_event(const std::string& text)
{
    event one;
    const auto field = [&](const std::string& name) {
        const auto at = text.find(name);
        REQUIRE(at != std::string::npos);
        return text.substr(at + name.size(), text.find('\n', at) - at - name.size());
    };
    one.kind = field("event: ");
    one.id = field("id: ");
    one.data = json::parse(field("data: "));
    return one;
}

// A viewer whose stream runs until it is cancelled.
struct viewer {
    std::shared_ptr<memory_exchange> call = std::make_shared<memory_exchange>("GET", "/plugin-api/v1/events");
    std::shared_ptr<net::cancellation_signal> stop = std::make_shared<net::cancellation_signal>();
    std::shared_ptr<bool> ended = std::make_shared<bool>(false);

    void begin(api_desk& desk)
    {
        auto done = [ended = ended, call = call](const std::exception_ptr&) {
            *ended = true;
            call->changed.ring();
        };
        net::co_spawn(desk.context, desk.api->serve(*call, desk.who, desk.how, "events"),
                      net::bind_cancellation_slot(stop->slot(), std::move(done)));
    }
    void wait(api_desk& desk, std::function<bool()> holds)
    {
        layerline::fakes::run(desk.context, call->changed.until(std::move(holds)));
    }
    void leave(api_desk& desk)
    {
        stop->emit(net::cancellation_type::terminal);
        wait(desk, [this] { return *ended; });
    }
    int count(const std::string& what) const
    {
        int n = 0;
        for (auto at = call->sent.find(what); at != std::string::npos; at = call->sent.find(what, at + 1))
            ++n;
        return n;
    }
};

} // namespace

TEST_CASE("the first event is the full state, then come the fields that changed")
{
    state_events stream("");
    auto state = in_phase(phase::idle);
    state.sequence = 7;
    state.age_ms = 5;
    const auto full = first_event(stream.next(state));
    CHECK(full.kind == "state");
    CHECK(full.id.rfind("7.", 0) == 0);
    CHECK(full.data.at("now") == "idle");
    CHECK(full.data.at("age_ms") == 5);

    CHECK(stream.next(state).empty());
    state.age_ms = 500; // age alone is no news
    CHECK(stream.next(state).empty());

    state.sequence = 8;
    state.bed_clear = true;
    const auto change = first_event(stream.next(state));
    CHECK(change.kind == "change");
    CHECK(change.data == json{{"sequence", 8}, {"bed_clear", true}});
}

TEST_CASE("a viewer that saw the current state is told only what is new, any other the full state")
{
    auto state = in_phase(phase::idle);
    state.sequence = 7;
    state_events first("");
    const auto id = first_event(first.next(state)).id;

    state_events again(id);
    CHECK(again.next(state).empty());
    state.sequence = 8;
    state.homed = "xyz";
    CHECK(first_event(again.next(state)).data == json{{"sequence", 8}, {"homed", "xyz"}});

    state_events late(id);
    CHECK(first_event(late.next(state)).kind == "state");
    // The same number in another run of the printer's keeper is another state.
    state.sequence = 7;
    state_events other_run(id);
    CHECK(first_event(other_run.next(state)).kind == "state");
}

TEST_CASE("text in events cannot begin an event of its own")
{
    auto state = in_phase(phase::error);
    state.reason = "a\n\nevent: state\ndata: {}\n\n\xff";
    state_events stream("");
    const auto text = stream.next(state);
    CHECK(text.find("\n\nevent") == std::string::npos);
    CHECK(first_event(text).data.at("now") == "error");
}

TEST_CASE("a viewer sees changes as they come, newest wins, until it goes away")
{
    api_desk desk;
    viewer one;
    one.begin(desk);
    one.wait(desk, [&] { return one.count("event: state") == 1; });
    CHECK(one.call->answer->status == 200);
    CHECK(one.call->header("content-type") == "text/event-stream");
    CHECK(one.call->header("cache-control") == "no-store");

    // Many changes within one interval come as one event that holds the newest.
    for (int i = 0; i < 50; ++i) {
        auto state = in_phase(phase::printing);
        state.reason = "change " + std::to_string(i);
        desk.printer.become(state);
    }
    one.wait(desk, [&] { return one.count("event: change") == 1; });
    CHECK(one.count("change 49") == 1);
    CHECK(one.count("change 48") == 0);

    one.leave(desk);
    CHECK_FALSE(one.call->finished);
    CHECK(desk.printer.waiting == 0);
}

TEST_CASE("a viewer resumes by the id of its last event")
{
    api_desk desk;
    viewer one;
    one.begin(desk);
    one.wait(desk, [&] { return one.count("event: state") == 1; });
    const auto id = first_event(one.call->sent).id;
    one.leave(desk);

    viewer again;
    again.call->head.headers.set("last-event-id", id);
    again.begin(desk);
    again.wait(desk, [&] { return !again.call->sent.empty(); });
    CHECK(again.count("event: state") == 0);
    desk.printer.become(in_phase(phase::paused));
    again.wait(desk, [&] { return again.count("event: change") == 1; });
    again.leave(desk);
}

TEST_CASE("the streams end in good order when the program ends")
{
    api_desk desk;
    viewer one;
    one.begin(desk);
    one.wait(desk, [&] { return one.count("event: state") == 1; });
    desk.printer.stop();
    one.wait(desk, [&] { return *one.ended; });
    CHECK(one.call->finished);
}

TEST_CASE("one viewer too many is sent away with a time to come back, and a place given back is free")
{
    api_desk desk;
    std::vector<viewer> all(32);
    for (auto& one : all) {
        one.begin(desk);
        one.wait(desk, [&] { return one.count("event: state") == 1; });
    }
    const auto refused = desk.call("GET", "events");
    CHECK(refused->http() == 503);
    CHECK(refused->status() == 503);
    CHECK(refused->call.header("retry-after") == "5");

    all.front().leave(desk);
    viewer next;
    next.begin(desk);
    next.wait(desk, [&] { return next.count("event: state") == 1; });
    next.leave(desk);
    for (std::size_t i = 1; i < all.size(); ++i)
        all[i].leave(desk);
}
