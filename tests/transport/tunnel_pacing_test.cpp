// How much goes into a message and how wide a window gets: decided without a clock of their own.
#include "transport/tunnel/message_size.hpp"
#include "transport/tunnel/window_planner.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kib = 1024, mib = 1024 * 1024;

// A download whose sender and reader are as fast as way and window allow.
struct download {
    explicit download(window_planner& one) : planner(one) {}

    // For `rounds` round trips of `trip`, at most `rate` bytes a second, the reader taking them in ten steps.
    void run(int rounds, std::chrono::milliseconds trip, double rate)
    {
        for (int i = 0; i < rounds; ++i) {
            const double way = rate * std::chrono::duration<double>(trip).count();
            const auto in_a_trip = static_cast<std::size_t>(std::min<double>(window, way));
            for (int step = 0; step < 10; ++step) {
                now += trip / 10;
                if (const auto wider = planner.taken(flow, in_a_trip / 10, now)) window = *wider;
                if (planner.wants_round_trip(flow, now)) {
                    ++pings;
                    planner.round_trip(trip);
                }
            }
        }
    }
    window_planner& planner;
    window_planner::flow flow;
    window_planner::time_point now{100h};
    std::uint32_t window = 256 * kib;
    int pings = 0;
};

} // namespace

TEST_CASE("messages hold what a link drains in twenty milliseconds", "[tunnel][pacing]")
{
    message_size size(256 * kib);
    CHECK(size.bytes() == 16 * kib);
    SECTION("on a fast link they grow to the limit")
    {
        for (int i = 0; i < 10; ++i)
            size.sent(size.bytes(), 100us);
        CHECK(size.bytes() == 256 * kib);
    }
    SECTION("at a megabit they shrink to the least")
    {
        for (int i = 0; i < 5; ++i) // 125 bytes a millisecond
            size.sent(size.bytes(), std::chrono::milliseconds(size.bytes() / 125));
        CHECK(size.bytes() == 4 * kib);
    }
    SECTION("and in between they last about twenty milliseconds")
    {
        for (int i = 0; i < 20; ++i) // a megabyte a second
            size.sent(size.bytes(), std::chrono::microseconds(size.bytes()));
        CHECK(size.bytes() > 18'000);
        CHECK(size.bytes() < 22'000);
    }
    SECTION("a message that was not full says nothing")
    {
        size.sent(100, 10s);
        size.sent(10'000, 10s);
        CHECK(size.bytes() == 16 * kib);
    }
    SECTION("what the socket took at once is forgotten with the first message that it did not")
    {
        for (int i = 0; i < 3; ++i)
            size.sent(size.bytes(), 5us);
        REQUIRE(size.bytes() == 128 * kib);
        int slow = 0;
        while (size.bytes() > 4 * kib && slow < 10) {
            size.sent(size.bytes(), std::chrono::milliseconds(size.bytes() / 125));
            ++slow;
        }
        CHECK(slow <= 3);
    }
    SECTION("one late wake-up costs no more than three quarters")
    {
        for (int i = 0; i < 10; ++i)
            size.sent(size.bytes(), 100us);
        size.sent(size.bytes(), 5s);
        CHECK(size.bytes() == 64 * kib);
    }
    SECTION("a limit below the least is kept to")
    {
        message_size tiny(1000);
        tiny.sent(1000, 10s);
        CHECK(tiny.bytes() == 1000);
    }
}

TEST_CASE("a window grows to twice what is on a long way at once", "[tunnel][pacing]")
{
    window_planner planner({});
    download one(planner);
    SECTION("of a line of 10 MB/s over 50 ms")
    {
        one.run(50, 50ms, 10e6);
        CHECK(one.window >= 800'000); // a little less than 2 x 500,000: small steps are not made
        CHECK(one.window <= 1'050'000);
    }
    SECTION("and to its limit where that is not enough")
    {
        one.run(50, 200ms, 1e9);
        CHECK(one.window == 4 * mib);
    }
    SECTION("within few round trips")
    {
        one.run(12, 50ms, 1e9);
        CHECK(one.window == 4 * mib);
    }
    SECTION("but never where the way is short, whatever the rate")
    {
        one.run(2000, 1ms, 5e9);
        CHECK(one.window == 256 * kib);
        CHECK(one.pings > 0);
    }
    SECTION("nor for a reader that is slow")
    {
        one.run(500, 100ms, 300'000);
        CHECK(one.window == 256 * kib);
    }
    SECTION("round trips are asked for once a second")
    {
        one.run(100, 50ms, 10e6); // 5 s
        CHECK(one.pings >= 4);
        CHECK(one.pings <= 6);
    }
}

TEST_CASE("all windows together grow by no more than the tunnel may hold", "[tunnel][pacing]")
{
    window_planner planner({});
    std::vector<download> many(10, download(planner));
    for (auto& one : many)
        one.run(50, 100ms, 1e9);
    std::uint64_t grown = 0;
    for (const auto& one : many)
        grown += one.window - 256 * kib;
    CHECK(grown <= 16 * mib);
    CHECK(grown > 15 * mib);
    CHECK(planner.grown() == grown);
    // One that ends makes room for another.
    planner.ended(many.front().flow);
    download late(planner);
    late.run(50, 100ms, 1e9);
    CHECK(late.window > 3 * mib);
    for (auto& one : many)
        planner.ended(one.flow);
    planner.ended(late.flow);
    planner.ended(late.flow);
    CHECK(planner.grown() == 0);
}

TEST_CASE("few bytes are not worth a ping", "[tunnel][pacing]")
{
    window_planner planner({});
    window_planner::flow small;
    CHECK_FALSE(planner.taken(small, 2000, window_planner::time_point(1h)));
    CHECK_FALSE(planner.wants_round_trip(small, window_planner::time_point(1h)));
    CHECK_FALSE(planner.shortest());
}

TEST_CASE("what queues on the way is not taken for distance", "[tunnel][pacing]")
{
    window_planner planner({});
    planner.round_trip(2ms);
    for (int i = 0; i < 10; ++i)
        planner.round_trip(300ms);
    CHECK(planner.shortest() == 2ms);
    // A way that has become longer is believed after a while.
    for (int i = 0; i < 10; ++i)
        planner.round_trip(80ms);
    CHECK(planner.shortest() == 80ms);
}
