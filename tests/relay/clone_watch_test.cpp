// Cloned identities: who is kept out, and when one of them comes in again.
#include "relay/clone_watch.hpp"

#include <catch2/catch.hpp>

using layerline::relay::clone_watch;
using namespace std::chrono_literals;

namespace {

struct watch_desk {
    clone_watch watch;
    clone_watch::time_point now{1000h};
    std::string id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    // A and B take the tunnel from each other `times` times, `every` apart; whether the last one was too
    // much.
    bool fight(int times, std::chrono::seconds every)
    {
        bool too_much = false;
        for (int i = 0; i < times; ++i) {
            now += every;
            const bool a = i % 2 != 0;
            too_much = watch.took_over(id, a ? "B" : "A", a ? "A" : "B", now);
        }
        return too_much;
    }
};

} // namespace

TEST_CASE_METHOD(watch_desk,
                 "two instances that take over from each other are in quarantine at the fourth time")
{
    CHECK_FALSE(fight(3, 1s));
    CHECK_FALSE(watch.in_quarantine(id, now));
    CHECK(watch.admits(id, "A", now));
    CHECK(watch.took_over(id, "B", "A", now));
    CHECK(watch.in_quarantine(id, now));
    CHECK_FALSE(watch.admits(id, "A", now));
    CHECK_FALSE(watch.admits(id, "B", now));
    CHECK_FALSE(watch.in_quarantine("another", now));
    CHECK(watch.admits("another", "A", now));
}

TEST_CASE_METHOD(watch_desk, "take-overs that are far apart are no sign of copies")
{
    CHECK_FALSE(fight(40, 100s));
    CHECK_FALSE(watch.in_quarantine(id, now));
}

TEST_CASE_METHOD(watch_desk, "a host that is restarted again and again is no copy of itself")
{
    for (int i = 0; i < 20; ++i)
        CHECK_FALSE(watch.took_over(id, std::to_string(i), std::to_string(i + 1), now += 2s));
    CHECK_FALSE(watch.in_quarantine(id, now));
}

TEST_CASE_METHOD(watch_desk, "an instance that replaces its own connection is no copy")
{
    for (int i = 0; i < 20; ++i)
        CHECK_FALSE(watch.took_over(id, "A", "A", now += 1s));
    CHECK_FALSE(watch.in_quarantine(id, now));
}

TEST_CASE_METHOD(watch_desk, "a copy that is restarted between is still found")
{
    CHECK_FALSE(watch.took_over(id, "A", "B", now += 1s));
    CHECK_FALSE(watch.took_over(id, "B", "C", now += 1s)); // A, restarted
    CHECK_FALSE(watch.took_over(id, "C", "B", now += 1s));
    CHECK(watch.took_over(id, "B", "C", now += 1s));
}

TEST_CASE_METHOD(watch_desk, "while both copies ask, neither gets in")
{
    REQUIRE(fight(4, 1s));
    for (int i = 0; i < 50; ++i) {
        now += clone_watch::ask_again;
        CHECK_FALSE(watch.admits(id, "A", now));
        CHECK_FALSE(watch.admits(id, "B", now + 20s));
        CHECK(watch.in_quarantine(id, now));
    }
}

TEST_CASE_METHOD(watch_desk, "once the other copy is silent, the one that asks gets in")
{
    REQUIRE(fight(4, 1s));
    now += clone_watch::ask_again;
    CHECK_FALSE(watch.admits(id, "A", now));
    now += clone_watch::ask_again;
    CHECK(watch.admits(id, "A", now));
    CHECK_FALSE(watch.in_quarantine(id, now));
    SECTION("and when the other one comes back, it begins anew")
    {
        CHECK_FALSE(fight(3, 1s));
        CHECK(watch.took_over(id, "B", "A", now));
    }
}

TEST_CASE_METHOD(watch_desk, "a quarantine that nobody asks in is over for those who look")
{
    REQUIRE(fight(4, 1s));
    CHECK(watch.in_quarantine(id, now + clone_watch::alone_for - 1s));
    CHECK_FALSE(watch.in_quarantine(id, now + clone_watch::alone_for));
}

TEST_CASE_METHOD(watch_desk, "any number of instances that ask takes a bounded memory and lets none in")
{
    REQUIRE(fight(4, 1s));
    for (int i = 0; i < 1000; ++i)
        CHECK_FALSE(watch.admits(id, "stranger " + std::to_string(i), now += 10s));
}
