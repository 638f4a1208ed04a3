// The one gate for all starts, by itself.
#include "printer/start_gate.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace std::chrono_literals;

namespace {
const start_gate::time_point begin{std::chrono::hours(100)};

std::string refusal(start_gate& gate, bool said_clear = false)
{
    const auto why = gate.judge(said_clear, begin);
    if (!why) return {};
    CHECK(why->code == printer_errc::bed_not_clear);
    return why->detail;
}
} // namespace

TEST_CASE("a fresh bed lets one print through, and the next one once a person has looked")
{
    start_gate gate(12, {});
    CHECK(refusal(gate).empty());
    gate.begun(begin);
    CHECK(refusal(gate).find("since the last print") != std::string::npos);
    CHECK(refusal(gate, true).empty());
    gate.cleared();
    CHECK(refusal(gate).empty());
}

TEST_CASE("whatever may have put something on the bed shuts the gate and is named")
{
    for (const auto what :
         {bed_event::printed, bed_event::moved, bed_event::moved_elsewhere, bed_event::power_lost,
          bed_event::host_restarted, bed_event::stopped, bed_event::unreadable}) {
        start_gate gate(12, {});
        CHECK(gate.take_away(what));
        CHECK_FALSE(gate.take_away(bed_event::moved)); // the first cause stays
        CHECK(gate.record().since == what);
        CHECK(find_bed_event(name_of(what)) == what);
        // What was kept by one process is the next one's to refuse by.
        start_gate next(12, gate.record());
        CHECK_FALSE(refusal(next).empty());
        CHECK(refusal(next) == refusal(gate));
        CHECK(next.over_bed("Z is not homed over a part")->code == printer_errc::bed_not_clear);
    }
    CHECK_FALSE(find_bed_event("something"));
    start_gate power(12, {false, bed_event::power_lost});
    CHECK(refusal(power).find("switched off, reset or disconnected") != std::string::npos);
}

TEST_CASE("a start that printed nothing leaves the bed as clear as it was said to be, and is not counted")
{
    start_gate gate(1, {});
    gate.begun(begin);
    gate.not_begun();
    CHECK(refusal(gate).empty());
    gate.begun(begin);
    gate.take_away(bed_event::printed); // it began after all, or another did
    gate.not_begun();
    CHECK_FALSE(gate.clear());
    start_gate shut(1, {false, bed_event::printed});
    shut.not_begun(); // of no start
    CHECK_FALSE(shut.clear());
}

TEST_CASE("so many starts an hour, bed clear or not")
{
    start_gate gate(2, {});
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(gate.judge(true, begin + i * 20min));
        gate.begun(begin + i * 20min);
        gate.cleared();
    }
    REQUIRE(gate.judge(true, begin + 59min));
    CHECK(gate.judge(true, begin + 59min)->code == printer_errc::refused);
    CHECK_FALSE(gate.judge(true, begin + 61min));
    start_gate any(0, {});
    for (int i = 0; i < 100; ++i)
        any.begun(begin);
    CHECK_FALSE(any.judge(true, begin));
}

TEST_CASE("starts are counted over a restart of the program, from what was kept")
{
    start_gate before(2, {});
    before.begun(begin);
    before.cleared();
    before.begun(begin + 10min);
    before.cleared();
    start_gate gate(2, before.record());
    CHECK(gate.clear());
    REQUIRE(gate.judge(true, begin + 59min));
    CHECK_FALSE(gate.judge(true, begin + 61min));
    start_gate earlier(2, before.record()); // kept by a clock that was ahead of this one
    CHECK_FALSE(earlier.judge(true, begin - 1min));
}
