// Prints whose host is killed, through the real programs: a supervisor, a print host, the virtual printer,
// whose own record says what was lost or doubled. LAYERLINE_KILLS (6) says how often, LAYERLINE_SEED when.
#include "small_disk.hpp"
#include "supervised_host.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>

#include <poll.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

int setting(const char* name, int otherwise)
{
    const char* text = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
    return text ? std::atoi(text) : otherwise;
}

void pass(int ms)
{
    (void)::poll(nullptr, 0, ms);
}

} // namespace

TEST_CASE("a print whose host is killed at random moments ends with no line lost or doubled", "[takeover]")
{
    const int kills = setting("LAYERLINE_KILLS", 6), in_a_print = 5;
    std::mt19937 random(static_cast<unsigned>(setting("LAYERLINE_SEED", 1))); // NOLINT(cert-msc51-cpp)
    std::vector<unsigned> still, away; // by the printer's own record; as the successors saw it, from death on
    int done = 0;
    for (int print = 0; done < kills; ++print) {
        // Marlin before and since 2.1.3, with ADVANCED_OK and without.
        std::vector<std::string> firmware;
        if (print % 2 == 0) firmware.emplace_back("--m110-reports");
        if (print % 4 < 2) firmware.emplace_back("--no-advanced-ok");
        supervised_host b(firmware);
        b.print(steady_job(700));
        for (int i = 0; i < in_a_print && done < kills; ++i, ++done) {
            pass(std::uniform_int_distribution<>(0, 4500)(random)); // a moment that nothing tells
            if (b.is("finished")) break;
            b.kill_child();
        }
        REQUIRE(
            b.at.becomes([&] { return b.is("finished") || b.is("paused") || b.is("error"); }, seconds(120)));
        INFO(b.state().dump() << b.at.host->log());
        CHECK(b.is("finished"));
        b.check_whole();
        for (const auto& ms : b.at.report()["still_ms"])
            still.push_back(ms.get<unsigned>());
        const std::string log = b.at.host->log();
        constexpr std::string_view says = "the head stood still for at most ";
        for (auto at = log.find(says); at != std::string::npos; at = log.find(says, at + 1))
            away.push_back(static_cast<unsigned>(std::stoul(log.substr(at + says.size()))));
    }
    const auto tell = [](const char* what, std::vector<unsigned>& all) {
        std::sort(all.begin(), all.end());
        const auto share = [&](double part) {
            return all.empty() ? 0U
                               : all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
        };
        std::cout << what << ": " << all.size() << " times, p50 " << share(0.5) << " ms, p95 " << share(0.95)
                  << " ms, longest " << share(1) << " ms\n";
        return share(0.95);
    };
    std::cout << done << " kills\n";
    CHECK(tell("head still for 50 ms and more, as the printer saw it", still) <= 2000);
    CHECK(tell("from death to the first line", away) <= 2000);
    CHECK_FALSE(away.empty());
}

TEST_CASE("a board that is reset while its print host is dead ends the print, and nothing moves",
          "[takeover]")
{
    supervised_host b({}, "5");
    b.print(steady_job(3000));
    b.wait_for_moves(300);
    b.kill_and_hold();
    b.at.printer->signal(SIGUSR1);
    REQUIRE(b.at.becomes([&] { return b.at.report()["boots"].get<int>() == 2; }));
    const auto before = b.at.report()["executed_count"].get<int>();
    b.start_successor();
    REQUIRE(b.at.becomes([&] { return b.is("error"); }));
    const auto state = b.state();
    INFO(state.dump() << b.at.host->log());
    const auto reason = state["reason"].get<std::string>();
    CHECK(reason.find("reset") != std::string::npos);
    CHECK(reason.find("of the file") != std::string::npos);
    CHECK(reason.find("0.2 mm high") != std::string::npos);
    CHECK(b.at.report()["executed_count"].get<int>() == before);
    CHECK(state["bed_clear"] == false);
}

TEST_CASE("a successor that comes after more than 3 s asks, and goes on when a person says so", "[takeover]")
{
    supervised_host b({}, "5");
    b.print(steady_job(1500));
    b.wait_for_moves(300);
    b.kill_and_hold();
    pass(3500);
    const auto before = b.at.report()["executed_count"].get<int>();
    b.start_successor();
    REQUIRE(b.at.becomes([&] { return b.is("paused"); }));
    const auto state = b.state();
    INFO(state.dump() << b.at.host->log());
    CHECK(state["wants"]["kind"] == "takeover");
    CHECK(state["reason"].get<std::string>().find("stood still") != std::string::npos);
    CHECK(b.at.report()["executed_count"].get<int>() == before);
    CHECK(b.ctl({"resume"}).exit_code == 0);
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    b.check_whole();
}

TEST_CASE("an agent that is killed and started 20 times in one print costs it nothing", "[takeover]")
{
    supervised_host b({}, "2");
    b.at.start_agent();
    b.print(steady_job(2500));
    const pid_t host = b.child();
    for (int i = 0; i < 20; ++i) {
        b.at.agent->signal(SIGKILL);
        (void)b.at.agent->wait();
        b.at.start_agent();
    }
    CHECK(b.is("printing")); // all of that was in the print
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    CHECK(b.child() == host);
    b.check_whole();
    const auto still = b.at.report()["still_ms"];
    for (const auto& ms : still)
        CHECK(ms.get<int>() < 1000);
}

TEST_CASE("a state folder that fills up in a print is told and touches the print not at all", "[takeover]")
{
    supervised_host b({}, "5");
    REQUIRE(b.at.becomes([&] { return b.is("idle"); }));
    REQUIRE(b.at.host->stop() == 0);
    const small_disk disk(b.at.path("printhost"), ::geteuid());
    if (!disk.there()) {
        WARN("needs root, to mount a small disk");
        return;
    }
    b.at.start_host();
    b.print(steady_job(4000));
    CHECK(b.state()["no_crash_resume"].is_null());
    disk.fill();
    REQUIRE(b.at.becomes([&] { return b.state()["no_crash_resume"].is_string(); }));
    const auto told = b.state();
    INFO(told.dump());
    CHECK(told["now"] == "printing");
    CHECK(told["no_crash_resume"].get<std::string>().find("cannot be written") != std::string::npos);
    disk.make_room();
    REQUIRE(b.at.becomes([&] { return b.state()["no_crash_resume"].is_null(); }));
    REQUIRE(b.at.becomes([&] { return b.is("finished"); }, seconds(120)));
    b.check_whole();
}
