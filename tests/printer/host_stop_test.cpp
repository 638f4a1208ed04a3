// The emergency stop of a printer on a serial port: what is tried, in which order, and what is told of it.
#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

struct stop_bench : host_bench {
    using host_bench::host_bench;
    const performed& told(std::uint64_t ticket)
    {
        REQUIRE(done(ticket));
        return std::get<performed>(answers[ticket]);
    }
    bool says(std::uint64_t ticket, std::string_view words)
    {
        INFO(told(ticket).note);
        return told(ticket).note.find(words) != std::string::npos;
    }
};

const emergency_stop everything{true, true, "psu"};

} // namespace

TEST_CASE("a stop that the firmware confirms is that and nothing more, whatever else is allowed")
{
    stop_bench bench;
    bench.connect();
    const auto stop = bench.ask(everything);
    CHECK(bench.urgent == std::vector<std::string>{"M112"});
    bench.hear(killed{"Printer halted. kill() called!"});
    CHECK(bench.told(stop).confirmed == true);
    CHECK(bench.told(stop).note.empty());
    bench.pass(10s);
    CHECK(bench.urgent == std::vector<std::string>{"M112"});
    CHECK(bench.resets == 0);
}

TEST_CASE("a stop that is not confirmed tries what the owner allowed, in order, and tells all of it")
{
    stop_bench bench;
    bench.connect({"SOFTWARE_POWER"});
    const auto stop = bench.ask(everything);
    CHECK(bench.urgent == std::vector<std::string>{"M112"});
    bench.pass(1s);
    CHECK(bench.urgent == std::vector<std::string>{"M112", "M108", "M410"});
    CHECK(bench.resets == 0);
    bench.pass(1s);
    CHECK(bench.resets == 1);
    bench.pass(1s);
    CHECK(bench.urgent == std::vector<std::string>{"M112", "M108", "M410", "M81"});
    CHECK(bench.answers.count(stop) == 0);
    bench.pass(2s);
    CHECK(bench.told(stop).confirmed == false);
    CHECK(bench.says(stop, "has no emergency parser and may read the stop only after"));
    CHECK(bench.says(stop,
                     "M108 and M410 were sent, then the board was reset by its DTR line, then M81 was sent"));
    CHECK(bench.says(stop, "cut its power"));
}

TEST_CASE("what is not allowed is not tried")
{
    stop_bench bench;
    bench.connect({});
    const auto stop = bench.ask(emergency_stop{});
    bench.pass(10s);
    CHECK(bench.urgent == std::vector<std::string>{"M112"});
    CHECK(bench.resets == 0);
    CHECK(bench.told(stop).confirmed == false);
    stop_bench reset_only;
    reset_only.connect({});
    reset_only.ask(emergency_stop{false, true, {}});
    reset_only.pass(10s);
    CHECK(reset_only.urgent == std::vector<std::string>{"M112"});
    CHECK(reset_only.resets == 1);
}

TEST_CASE("a confirmation after a further step says which one it was, and ends the rest")
{
    stop_bench bench;
    bench.connect({});
    const auto stop = bench.ask(everything);
    bench.pass(2s);
    REQUIRE(bench.resets == 1);
    bench.hear(was_reset{});
    CHECK(bench.told(stop).confirmed == true);
    CHECK(bench.says(stop, "the board was reset by its DTR line; the printer began anew"));
    bench.pass(10s);
    CHECK(bench.urgent.back() != "M81");
    stop_bench broken;
    broken.connect({});
    const auto late = broken.ask(emergency_stop{true, false, {}});
    broken.pass(1s);
    broken.hear(killed{"halted"});
    CHECK(broken.told(late).confirmed == true);
    CHECK(broken.says(late, "M108 and M410 were sent; the printer confirmed"));
}

TEST_CASE("steps that this printer has not are said to be impossible")
{
    stop_bench bench;
    bench.connect({});
    bench.can_reset = false;
    const auto stop = bench.ask(emergency_stop{false, true, "relay"});
    bench.pass(10s);
    CHECK(bench.says(stop, "the board could not be reset: no such line"));
    CHECK(bench.says(stop, "there is no power device \"relay\""));
    // And a port that goes away in the middle of it.
    stop_bench gone;
    gone.connect({});
    const auto last = gone.ask(everything);
    gone.core.port_lost(printer_errc::port_gone, "gone", gone.now);
    gone.run();
    CHECK(gone.told(last).confirmed == false);
    CHECK(gone.says(last, "the port went away"));
}

TEST_CASE("several stops at once are answered together, and climb once")
{
    stop_bench bench;
    bench.connect({});
    const auto first = bench.ask(emergency_stop{true, false, {}});
    bench.pass(500ms);
    const auto second = bench.ask(emergency_stop{true, false, {}});
    bench.pass(10s);
    CHECK(std::count(bench.urgent.begin(), bench.urgent.end(), "M410") == 1);
    CHECK(bench.told(first).note == bench.told(second).note);
}
