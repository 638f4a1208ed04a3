// The desk of the link to a print host: matching, deadlines, ages, without a socket or a clock.
#include "printer/serial/link_desk.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

struct desk_fixture {
    link_desk::time_point now{};
    link_desk desk{link_settings{}};

    // The next request the desk wants written, decoded.
    std::optional<host_request> next()
    {
        auto line = desk.next_line(now);
        if (!line) return std::nullopt;
        REQUIRE(line->back() == '\n');
        auto request = decode_request(std::string_view(*line).substr(0, line->size() - 1));
        REQUIRE(request.has_value());
        return *request;
    }
    void connect()
    {
        desk.connected(now);
        auto first = next();
        REQUIRE(first);
        REQUIRE(std::holds_alternative<ask_capabilities>(first->what));
    }
    void tell(phase p, std::optional<std::uint64_t> age = 0)
    {
        printer_state s;
        s.sequence = 7;
        s.now = p;
        s.age_ms = age;
        s.heaters = {{"tool0", 205.0, 210.0}};
        REQUIRE(desk.receive(encode_event({s}), now));
    }
    // Answers the question for the state that follows an action that was done.
    void tell_state_asked(phase p)
    {
        auto question = next();
        REQUIRE(question.has_value());
        REQUIRE(std::holds_alternative<ask_state>(question->what));
        printer_state s;
        s.now = p;
        answer(question->id, s);
    }
    void answer(std::uint64_t id, decltype(host_reply::what) what)
    {
        REQUIRE(desk.receive(encode_reply({id, std::move(what)}), now));
    }
};

} // namespace

TEST_CASE_METHOD(desk_fixture, "before the first contact the printer is offline for want of its print host")
{
    auto s = desk.state(now);
    CHECK(s.now == phase::offline);
    CHECK(s.away == printer_errc::host_gone);
    CHECK_FALSE(s.reason.empty());
    CHECK_FALSE(s.age_ms);
}

TEST_CASE_METHOD(desk_fixture, "a told state is kept with its age")
{
    connect();
    tell(phase::idle, 40);
    now += 3s;
    CHECK(desk.state(now).now == phase::idle);
    CHECK(desk.state(now).age_ms == 3040);
}

TEST_CASE_METHOD(desk_fixture, "the sequence grows with each change, also when the host starts its own anew")
{
    connect();
    const auto first = desk.sequence();
    tell(phase::idle);
    CHECK(desk.sequence() == first + 1);
    tell(phase::idle);
    CHECK(desk.sequence() == first + 1); // the same again is no news
    desk.disconnected(printer_errc::host_gone, "gone", now);
    CHECK(desk.sequence() == first + 2);
    desk.connected(now);
    tell(phase::idle);
    CHECK(desk.sequence() == first + 3);
}

TEST_CASE_METHOD(desk_fixture, "when the host goes away the last values stay and age")
{
    connect();
    tell(phase::printing);
    now += 1s;
    desk.disconnected(printer_errc::host_gone, "The print host closed the connection.", now);
    now += 1s;
    auto s = desk.state(now);
    CHECK(s.now == phase::offline);
    CHECK(s.away == printer_errc::host_gone);
    CHECK(s.reason == "The print host closed the connection.");
    REQUIRE(s.heaters.size() == 1);
    CHECK(s.heaters[0].actual_c == 205.0);
    CHECK(s.age_ms == 2000);
}

TEST_CASE_METHOD(desk_fixture, "replies find their requests by id, in any order")
{
    connect();
    auto a = desk.ask(pause_job{}, {}, now);
    auto b = desk.ask(resume_job{}, {}, now);
    auto first = next(), second = next();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->id == a);
    CHECK(second->id == b);
    answer(b, printer_failure{printer_errc::wrong_state, "not paused"});
    answer(a, performed{"j-5", "", false});
    tell_state_asked(phase::pausing);
    auto one = desk.next_outcome(), two = desk.next_outcome();
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->id == b);
    CHECK(one->what.error().code == printer_errc::wrong_state);
    CHECK(two->id == a);
    CHECK(two->what->job_id == "j-5");
}

TEST_CASE_METHOD(desk_fixture,
                 "an answer that does not come in time is no_answer, and a later one changes nothing")
{
    connect();
    terms how;
    how.time_left = 2s;
    auto id = desk.ask(pause_job{}, how, now);
    REQUIRE(next());
    REQUIRE(desk.next_wakeup());
    now += 2s;
    CHECK(desk.tick(now));
    auto out = desk.next_outcome();
    REQUIRE(out);
    CHECK(out->what.error().code == printer_errc::no_answer);
    CHECK(out->what.error().detail.find("not known whether") != std::string::npos);
    answer(id, performed{});
    CHECK_FALSE(desk.next_outcome());
}

TEST_CASE_METHOD(desk_fixture,
                 "a lost connection tells apart what went out from what did not, and resends nothing")
{
    connect();
    auto sent = desk.ask(pause_job{}, {}, now);
    REQUIRE(next());
    auto unsent = desk.ask(resume_job{}, {}, now);
    desk.disconnected(printer_errc::host_gone, "The print host closed the connection.", now);
    auto one = desk.next_outcome(), two = desk.next_outcome();
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->id == sent);
    CHECK(one->what.error().code == printer_errc::no_answer);
    CHECK(one->what.error().detail.find("not known whether") != std::string::npos);
    CHECK(two->id == unsent);
    CHECK(two->what.error().code == printer_errc::host_gone);
    connect();
    CHECK_FALSE(next());
}

TEST_CASE_METHOD(desk_fixture, "the time left that goes out is what is left when it goes out")
{
    connect();
    terms how;
    how.time_left = 5s;
    desk.ask(pause_job{}, how, now);
    now += 1500ms;
    auto request = next();
    REQUIRE(request);
    CHECK(request->how.time_left == 3500ms);
}

TEST_CASE_METHOD(desk_fixture, "a command is void once the link would have given the silent host up")
{
    connect();
    tell(phase::idle);
    now += 2s; // silent already, not yet asked
    const auto dropped = now - 2s + link_settings{}.silence;
    terms patient;
    patient.time_left = 60s;
    desk.ask(home_axes{}, patient, now);
    const auto out = next();
    REQUIRE(out);
    REQUIRE(out->until_ms);
    CHECK(link_desk::time_point(std::chrono::milliseconds(*out->until_ms)) == dropped);
}

TEST_CASE_METHOD(desk_fixture, "a command whose time ran out before it was written is never written")
{
    connect();
    terms how;
    how.time_left = 1s;
    desk.ask(pause_job{}, how, now);
    now += 1s;
    CHECK_FALSE(next());
    auto out = desk.next_outcome();
    REQUIRE(out);
    CHECK(out->what.error().code == printer_errc::late);

    how.time_left = 0ms;
    desk.ask(pause_job{}, how, now);
    CHECK_FALSE(next());
    CHECK(desk.next_outcome()->what.error().code == printer_errc::late);
}

TEST_CASE_METHOD(desk_fixture, "an emergency stop goes ahead of what waits, knows no lateness and no bound")
{
    connect();
    for (int i = 0; i < 200; ++i)
        desk.ask(pause_job{}, {}, now);
    unsigned turned_away = 0;
    while (auto out = desk.next_outcome())
        turned_away += out->what.error().code == printer_errc::too_many_clients;
    CHECK(turned_away > 100);
    terms how;
    how.time_left = 0ms;
    auto id = desk.ask(emergency_stop{}, how, now);
    auto request = next();
    REQUIRE(request);
    CHECK(request->id == id);
    CHECK(std::holds_alternative<action>(request->what));
    CHECK(std::holds_alternative<emergency_stop>(std::get<action>(request->what)));
    CHECK_FALSE(request->how.time_left);
}

TEST_CASE_METHOD(desk_fixture,
                 "a caller who went away takes its unsent command back, but not an emergency stop")
{
    connect();
    desk.forget(desk.ask(pause_job{}, {}, now));
    CHECK_FALSE(next());
    desk.forget(desk.ask(emergency_stop{}, {}, now));
    auto request = next();
    REQUIRE(request);
    answer(request->id, performed{});
    CHECK_FALSE(desk.next_outcome());
}

TEST_CASE_METHOD(desk_fixture, "while the host is away an action fails at once with the reason")
{
    desk.disconnected(printer_errc::port_forbidden, "No permission.", now);
    desk.ask(emergency_stop{}, {}, now);
    auto out = desk.next_outcome();
    REQUIRE(out);
    CHECK(out->what.error().code == printer_errc::port_forbidden);
    CHECK(out->what.error().detail == "No permission.");
}

TEST_CASE_METHOD(desk_fixture, "a host that closes with a reason of its own gives the state that reason")
{
    connect();
    answer(0, printer_failure{printer_errc::too_many_clients, "The print host takes no more clients."});
    desk.disconnected(printer_errc::host_gone, "The print host closed the connection.", now);
    CHECK(desk.state(now).away == printer_errc::too_many_clients);
    CHECK(desk.state(now).reason == "The print host takes no more clients.");
}

TEST_CASE_METHOD(desk_fixture, "a silent host is asked for its state, and given up when it stays silent")
{
    connect();
    tell(phase::idle);
    now += 3s;
    REQUIRE(desk.next_wakeup());
    CHECK(*desk.next_wakeup() <= now);
    CHECK(desk.tick(now));
    auto question = next();
    REQUIRE(question);
    CHECK(std::holds_alternative<ask_state>(question->what));
    SECTION("an answer refreshes the age")
    {
        printer_state s;
        s.now = phase::idle;
        s.age_ms = 10;
        answer(question->id, s);
        CHECK(desk.state(now).age_ms == 10);
        now += 2s;
        CHECK(desk.tick(now));
        CHECK_FALSE(next());
    }
    SECTION("no answer ends the connection")
    {
        now += 6s;
        CHECK(desk.tick(now));
        CHECK_FALSE(next()); // asked once
        now += 1s;
        CHECK_FALSE(desk.tick(now));
    }
}

TEST_CASE_METHOD(desk_fixture, "lines arrive in any slicing; one past 64 KiB ends the connection")
{
    connect();
    printer_state s;
    s.now = phase::paused;
    const auto text = encode_event({s}) + encode_event({s});
    for (char c : text)
        REQUIRE(desk.receive({&c, 1}, now));
    CHECK(desk.state(now).now == phase::paused);
    const std::string big(40 * 1024, 'x');
    CHECK(desk.receive(big, now));
    CHECK_FALSE(desk.receive(big, now));
}

TEST_CASE_METHOD(desk_fixture, "a line that cannot be understood is skipped")
{
    connect();
    CHECK(desk.receive("{\"event\":\"weather\"}\nnonsense\n\n[]\n", now));
    CHECK(desk.malformed_lines() >= 1);
    tell(phase::idle);
    CHECK(desk.state(now).now == phase::idle);
}

TEST_CASE_METHOD(desk_fixture,
                 "the wait between tries grows to two seconds and starts anew once a state was told")
{
    CHECK(desk.retry_delay() == 100ms);
    CHECK(desk.retry_delay() == 200ms);
    for (int i = 0; i < 10; ++i)
        CHECK(desk.retry_delay() <= 2s);
    CHECK(desk.retry_delay() == 2s);
    connect();
    tell(phase::idle);
    CHECK(desk.retry_delay() == 100ms);
}

TEST_CASE_METHOD(desk_fixture, "capabilities come from the host")
{
    desk.connected(now);
    auto question = next();
    REQUIRE(question);
    answer(question->id, link_capabilities{true, true, 260.0, 100.0, std::nullopt});
    CHECK(desk.capabilities().serial);
    CHECK(desk.capabilities().max_tool_c == 260.0);
    CHECK_FALSE(desk.capabilities().max_chamber_c);
}

TEST_CASE_METHOD(desk_fixture,
                 "what the printer can is asked again once its firmware has answered, and its reach is told")
{
    connect();
    printer_state s;
    s.sequence = 8;
    s.now = phase::idle;
    s.firmware.emplace();
    s.firmware->name = "Marlin";
    REQUIRE(desk.receive(encode_event({s}), now));
    const auto again = next();
    REQUIRE(again);
    REQUIRE(std::holds_alternative<ask_capabilities>(again->what));
    link_capabilities can;
    can.emergency_parser = true;
    can.travel = travel_area{-5, 235, 0, 230, 250};
    answer(again->id, can);
    CHECK(desk.capabilities().emergency_parser);
    CHECK(desk.capabilities().travel == can.travel);
    s.sequence = 9;
    s.now = phase::printing;
    REQUIRE(desk.receive(encode_event({s}), now));
    CHECK_FALSE(next()); // nothing new about the firmware
}

TEST_CASE_METHOD(desk_fixture, "whoever asked for a pause sees pausing once the answer is there")
{
    connect();
    tell(phase::printing);
    auto id = desk.ask(pause_job{}, {}, now);
    REQUIRE(next());
    answer(id, performed{"j-1", "", false});
    CHECK_FALSE(desk.next_outcome());
    SECTION("told by the state that was asked for")
    {
        tell_state_asked(phase::pausing);
        CHECK(desk.state(now).now == phase::pausing);
        auto out = desk.next_outcome();
        REQUIRE(out);
        CHECK(out->id == id);
        CHECK(out->what->job_id == "j-1");
    }
    SECTION("or without it, after a moment")
    {
        REQUIRE(next());
        now += 500ms;
        CHECK(desk.tick(now));
        auto out = desk.next_outcome();
        REQUIRE(out);
        CHECK(out->what.has_value());
    }
    SECTION("or when the connection ends: it was done all the same")
    {
        desk.disconnected(printer_errc::host_gone, "gone", now);
        auto out = desk.next_outcome();
        REQUIRE(out);
        CHECK(out->what.has_value());
        CHECK_FALSE(desk.next_outcome());
    }
    SECTION("unless nobody waits any more")
    {
        desk.forget(id);
        tell_state_asked(phase::pausing);
        CHECK_FALSE(desk.next_outcome());
    }
}
