// A long print over a bad cable: bench/faults.sh is the same with ten million lines.
#include "long_print.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;
using namespace std::chrono_literals;

TEST_CASE(
    "every fault of a wire on one line in a hundred loses no line, doubles none and stalls for 2 s at most")
{
    for (const bool advanced : {false, true}) {
        long_print_settings settings;
#ifdef __SANITIZE_ADDRESS__
        settings.lines = 8'000; // thirty times slower
#else
        settings.lines = 60'000;
#endif
        settings.advanced_ok = advanced;
        const auto outcome = print_long(settings);
        CAPTURE(advanced, outcome.ended, outcome.faults, outcome.resends, outcome.probes,
                outcome.longest_stall.count());
        CHECK(outcome.ended.empty());
        CHECK(outcome.faults > settings.lines / 10); // the wire was as bad as that
        CHECK(outcome.executed == settings.lines);
        CHECK(outcome.lost == 0);
        CHECK(outcome.doubled == 0);
        CHECK(outcome.strange == 0);
        CHECK(outcome.longest_stall <= 2s);
    }
}

TEST_CASE("packed lines arrive as they were written, over a bad wire too, and take fewer bytes")
{
    long_print_settings settings;
#ifdef __SANITIZE_ADDRESS__
    settings.lines = 4'000;
#else
    settings.lines = 30'000;
#endif
    for (const double chance : {0.0, 0.01}) {
        settings.chance = chance;
        settings.meatpack = false;
        const auto plain = print_long(settings);
        settings.meatpack = true;
        settings.wire_damage = chance;
        const auto outcome = print_long(settings);
        settings.wire_damage = 0;
        CAPTURE(chance, outcome.ended, outcome.faults, outcome.resends, outcome.probes, outcome.bytes,
                plain.bytes, outcome.longest_stall.count());
        CHECK(outcome.ended.empty());
        CHECK(outcome.executed == settings.lines);
        CHECK(outcome.lost == 0);
        CHECK(outcome.doubled == 0);
        CHECK(outcome.strange == 0);
        CHECK(outcome.longest_stall <= 2s);
        CHECK(outcome.bytes * 100 < plain.bytes * 78);
    }
}

TEST_CASE("a wire without faults brings each line once and without a wait")
{
    long_print_settings settings;
    settings.lines = 2'000;
    settings.chance = 0;
    const auto outcome = print_long(settings);
    CHECK(outcome.ended.empty());
    CHECK(outcome.faults == 0);
    CHECK(outcome.resends == 0);
    CHECK(outcome.executed == settings.lines);
    CHECK(outcome.lost + outcome.doubled + outcome.strange == 0);
    CHECK(outcome.longest_stall < 50ms);
}

TEST_CASE("what was lost and doubled is told from what arrived")
{
    arrival_check check;
    for (const std::uint64_t index : {0U, 1U, 3U, 2U, 3U, 260'000U})
        check.carried_out(long_print_line(index));
    check.carried_out("G1 X1");
    long_print_outcome outcome;
    check.count_into(outcome, 260'003);
    CHECK(outcome.executed == 4);
    CHECK(outcome.doubled == 2);
    CHECK(outcome.strange == 1);
    CHECK(outcome.lost == 260'003 - 4);
}
