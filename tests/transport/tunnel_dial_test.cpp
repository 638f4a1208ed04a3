// The dialler's decisions in virtual time: waits, addresses in turn, giving up.
#include "transport/error.hpp"
#include "transport/tunnel/backoff.hpp"
#include "transport/tunnel/dial_planner.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

using planner = dial_planner;

struct dialling {
    explicit dialling(std::size_t addresses = 1, std::uint64_t seed = 7)
        : machine(dial_settings{.addresses = addresses, .seed = seed})
    {
    }
    planner machine;
    planner::time_point now{1000h};

    // The address being dialled, or a failed test.
    std::size_t dialled_address(const planner::action& action)
    {
        REQUIRE(std::holds_alternative<planner::dial>(action));
        return std::get<planner::dial>(action).address;
    }
    std::chrono::nanoseconds wait_of(const planner::action& action)
    {
        REQUIRE(std::holds_alternative<planner::wait_until>(action));
        return std::get<planner::wait_until>(action).when - now;
    }
    // Sits the wait out; returns the address dialled after it.
    std::size_t sit_out(const planner::action& action)
    {
        now += wait_of(action);
        return dialled_address(machine.woken(now));
    }
};

const auto lost = make_error_code(errc::unreachable);

} // namespace

TEST_CASE("the first wait is under a second and no wait passes the ceiling", "[tunnel][backoff]")
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        backoff pause(1s, 60s, seed);
        REQUIRE(pause.next() < 1s);
        auto span = 1000ms;
        for (int i = 0; i < 100; ++i) {
            pause.fail();
            if (i >= static_cast<int>(backoff::soon_again))
                span = std::min(span * 2, std::chrono::milliseconds(60s));
            const auto wait = pause.next();
            REQUIRE(wait >= 0ms);
            REQUIRE(wait < span);
        }
        pause.reset();
        REQUIRE(pause.next() < 1s);
    }
}

TEST_CASE("after an outage of less than a second nearly every agent is back within two", "[tunnel][backoff]")
{
    int late = 0;
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
        backoff pause(1s, 60s, seed);
        const auto outage = std::chrono::milliseconds(seed % 1000);
        auto tried = pause.next();
        for (; tried < outage; tried += pause.next())
            pause.fail();
        late += tried > outage + 2s ? 1 : 0;
    }
    CHECK(late < 50); // whose first five tries fell into it
}

TEST_CASE("agents with neighbouring seeds spread over the whole wait", "[tunnel][backoff]")
{
    std::array<int, 10> tenths{};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        backoff pause(1s, 60s, seed);
        ++tenths.at(static_cast<std::size_t>(pause.next() / 100ms));
    }
    for (const int count : tenths) {
        CHECK(count > 60);
        CHECK(count < 140);
    }
}

TEST_CASE("the same seed gives the same waits", "[tunnel][backoff]")
{
    backoff one(1s, 60s, 42);
    backoff two(1s, 60s, 42);
    for (int i = 0; i < 20; ++i) {
        one.fail();
        two.fail();
        REQUIRE(one.next() == two.next());
    }
}

TEST_CASE("a backoff with senseless settings stays within them", "[tunnel][backoff]")
{
    backoff none(0ms, 0ms, 1);
    none.fail();
    CHECK(none.next() == 0ms);
    backoff upside_down(5s, 1s, 1);
    CHECK(upside_down.next() < 5s);
}

TEST_CASE("a dialler dials at once and after a failure within a second", "[tunnel][dial]")
{
    dialling d;
    CHECK(d.dialled_address(d.machine.start(d.now)) == 0);
    const auto action = d.machine.refused(d.now, lost);
    CHECK(d.wait_of(action) < 1s);
    CHECK(d.sit_out(action) == 0);
}

TEST_CASE("waits grow to the ceiling while a relay stays away", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    auto longest = 0ns;
    for (int i = 0; i < 200; ++i) {
        const auto action = d.machine.refused(d.now, lost);
        CHECK(d.wait_of(action) < 60s);
        longest = std::max(longest, d.wait_of(action));
        d.sit_out(action);
    }
    CHECK(longest > 50s);
}

TEST_CASE("a wait that is asked about early goes on", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    for (int i = 0; i < 10; ++i)
        d.sit_out(d.machine.refused(d.now, lost));
    const auto action = d.machine.refused(d.now, lost);
    REQUIRE(d.wait_of(action) > 1ms);
    CHECK(d.machine.woken(d.now) == action);
    CHECK(d.machine.woken(d.now + d.wait_of(action) - 1ns) == action);
}

TEST_CASE("relay addresses are dialled in turn", "[tunnel][dial]")
{
    dialling d(3);
    CHECK(d.dialled_address(d.machine.start(d.now)) == 0);
    std::vector<std::size_t> order;
    for (int i = 0; i < 6; ++i)
        order.push_back(d.sit_out(d.machine.refused(d.now, lost)));
    CHECK(order == std::vector<std::size_t>{1, 2, 0, 1, 2, 0});
}

TEST_CASE("every address of a first round is tried within its second", "[tunnel][dial]")
{
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        dialling d(4, seed);
        d.machine.start(d.now);
        for (int i = 0; i < 4; ++i) {
            const auto action = d.machine.refused(d.now, lost);
            REQUIRE(d.wait_of(action) < 1s);
            d.sit_out(action);
        }
    }
}

TEST_CASE("a tunnel that dies young keeps its backoff", "[tunnel][dial]")
{
    // Accepted and soon dropped, again and again: it must not become a dial a second.
    dialling d;
    d.machine.start(d.now);
    auto longest = 0ns;
    for (int i = 0; i < 100; ++i) {
        d.machine.dialled(d.now);
        d.now += 9s;
        const auto action = d.machine.tunnel_ended(d.now, make_error_code(errc::closed));
        longest = std::max(longest, d.wait_of(action));
        d.sit_out(action);
    }
    CHECK(longest > 30s);
}

TEST_CASE("a healthy minute clears the backoff and keeps the address", "[tunnel][dial]")
{
    dialling d(2);
    d.machine.start(d.now);
    for (int i = 0; i < 21; ++i)
        d.sit_out(d.machine.refused(d.now, lost));
    d.machine.dialled(d.now);
    d.now += 60s;
    const auto action = d.machine.tunnel_ended(d.now, make_error_code(errc::keep_alive_lost));
    CHECK(d.wait_of(action) < 1s);
    CHECK(d.sit_out(action) == 1);
}

TEST_CASE("on a line that breaks every 20 seconds the tunnel is up four fifths of the time", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    auto waited = 0ms, longest = 0ms;
    for (int i = 0; i < 200; ++i) {
        d.machine.dialled(d.now);
        d.now += 20s;
        const auto action = d.machine.tunnel_ended(d.now, make_error_code(errc::keep_alive_lost));
        const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(d.wait_of(action));
        waited += wait;
        longest = std::max(longest, wait);
        d.sit_out(action);
    }
    CHECK(longest <= 5s);
    CHECK(longest > 4s); // and a relay that drops everybody is not stormed each second
    CHECK(waited < 200 * 4s);
}

TEST_CASE("a refused key is permanent and says so", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    const auto why = make_error_code(errc::credentials_refused);
    CHECK(d.machine.refused(d.now, why) == planner::action{planner::give_up{why}});
    SECTION("neither time nor the network changes that")
    {
        CHECK(d.machine.woken(d.now + 24h) == planner::action{planner::nothing{}});
        CHECK(d.machine.network_changed(d.now + 24h) == planner::action{planner::nothing{}});
        CHECK(d.machine.start(d.now + 24h) == planner::action{planner::nothing{}});
    }
    SECTION("a person who asks gets one more try")
    {
        CHECK(d.dialled_address(d.machine.asked_to_reconnect(d.now)) == 0);
        CHECK(d.machine.refused(d.now, why) == planner::action{planner::give_up{why}});
    }
}

TEST_CASE("an address that refuses for good is left out while others remain", "[tunnel][dial]")
{
    dialling d(3);
    d.machine.start(d.now);
    const auto bad = make_error_code(errc::credentials_refused);
    CHECK(d.sit_out(d.machine.refused(d.now, bad)) == 1);
    std::set<std::size_t> later;
    for (int i = 0; i < 10; ++i)
        later.insert(d.sit_out(d.machine.refused(d.now, lost)));
    CHECK(later == std::set<std::size_t>{1, 2});
    auto action = d.machine.refused(d.now, bad);
    d.sit_out(action);
    CHECK(d.machine.refused(d.now, bad) == planner::action{planner::give_up{bad}});
}

TEST_CASE("a tunnel that was superseded gives up whatever other addresses there are", "[tunnel][dial]")
{
    dialling d(2);
    d.machine.start(d.now);
    d.machine.dialled(d.now);
    const auto why = make_error_code(errc::superseded);
    CHECK(d.machine.tunnel_ended(d.now + 5min, why) == planner::action{planner::give_up{why}});
}

TEST_CASE("a changed network ends a long wait at once", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    planner::action action = planner::nothing{};
    do {
        action = d.machine.refused(d.now, lost);
        if (d.wait_of(action) > 20s) break;
        d.sit_out(action);
    } while (true);
    d.now += 2s;
    CHECK(d.dialled_address(d.machine.network_changed(d.now)) == 0);
    SECTION("and a link that flaps gets one dial a second at most")
    {
        auto next = d.machine.refused(d.now, lost);
        CHECK(d.wait_of(next) < 1s);
        int dials = 0;
        for (int i = 0; i < 1000; ++i) { // ten seconds of flapping
            d.now += 10ms;
            if (std::holds_alternative<planner::dial>(d.machine.network_changed(d.now))) {
                ++dials;
                d.machine.refused(d.now, lost);
            }
        }
        CHECK(dials <= 10);
        CHECK(dials >= 8);
    }
    SECTION("and says nothing to a tunnel that is up")
    {
        d.machine.dialled(d.now);
        CHECK(d.machine.network_changed(d.now + 5s) == planner::action{planner::nothing{}});
    }
}

TEST_CASE("a reconnect asked for while a tunnel is up dials as soon as it has ended", "[tunnel][dial]")
{
    dialling d(2);
    d.machine.start(d.now);
    d.machine.dialled(d.now);
    CHECK(d.machine.asked_to_reconnect(d.now) == planner::action{planner::nothing{}});
    CHECK(d.dialled_address(d.machine.tunnel_ended(d.now, make_error_code(errc::closed))) == 0);
    // Once only.
    d.machine.dialled(d.now);
    d.wait_of(d.machine.tunnel_ended(d.now, make_error_code(errc::closed)));
}

TEST_CASE("a stopped dialler does nothing ever after", "[tunnel][dial]")
{
    dialling d;
    d.machine.start(d.now);
    d.machine.refused(d.now, lost);
    d.machine.stop();
    const planner::action nothing = planner::nothing{};
    CHECK(d.machine.woken(d.now + 1h) == nothing);
    CHECK(d.machine.network_changed(d.now + 1h) == nothing);
    CHECK(d.machine.asked_to_reconnect(d.now + 1h) == nothing);
    CHECK(d.machine.start(d.now + 1h) == nothing);
    CHECK(d.machine.refused(d.now + 1h, lost) == nothing);
    CHECK(d.machine.dialled(d.now + 1h) == nothing);
    CHECK(d.machine.tunnel_ended(d.now + 1h, lost) == nothing);
}
