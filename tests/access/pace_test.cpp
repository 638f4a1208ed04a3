// Bytes a second, for each key.
#include "access/pace.hpp"

#include <catch2/catch.hpp>

using layerline::access::pacer;
using namespace std::chrono_literals;

TEST_CASE("a second's bytes may come at once, then the rate holds")
{
    pacer pace(1000);
    pacer::clock::time_point now{1000h};
    CHECK(pace.pass("a", 1000, now) == 0ms);
    CHECK(pace.pass("a", 500, now) == 500ms);
    CHECK(pace.pass("a", 500, now + 500ms) == 500ms);
    CHECK(pace.pass("b", 1000, now) == 0ms); // each key has its own
    // Who did not use it for an hour has a second's worth, not an hour's.
    CHECK(pace.pass("a", 2000, now + 1h) == 1000ms);
}

TEST_CASE("over a minute no more than the rate and a second's worth goes by")
{
    pacer pace(10'000);
    pacer::clock::time_point now{1000h};
    const auto begin = now;
    std::size_t bytes = 0;
    while (now < begin + 60s) {
        bytes += 1700;
        now += pace.pass("a", 1700, now) + 1ms;
    }
    CHECK(bytes <= 61 * 10'000 + 1700);
    CHECK(bytes >= 59 * 10'000);
}

TEST_CASE("without a rate nobody waits and nothing is kept")
{
    pacer pace(0);
    CHECK_FALSE(pace.limited());
    CHECK(pace.pass("a", 1'000'000'000, pacer::clock::time_point{1000h}) == 0ms);
}

TEST_CASE("any number of keys takes a bounded memory, and debtors are the last to be forgotten")
{
    pacer pace(1000);
    pacer::clock::time_point now{1000h};
    CHECK(pace.pass("debtor", 100'000, now) > 90s);
    for (int i = 0; i < 20'000; ++i)
        (void)pace.pass(std::to_string(i), 1, now += 1ms);
    CHECK(pace.pass("debtor", 1, now) > 70s);
}
