// What takes a cleared bed away at a printer on a serial port, and what is said then.
#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> cube{"G28", "G1 X10 Y10 Z1 F1800", "G1 X20 E1"};

// The words of a start without a look at the bed.
std::string refusal_of_start(host_bench& bench)
{
    const auto ticket = bench.start(cube, false);
    REQUIRE(bench.answers.count(ticket) == 1);
    const auto* why = std::get_if<printer_failure>(&bench.answers[ticket]);
    if (!why) return {};
    CHECK(why->code == printer_errc::bed_not_clear);
    CHECK_FALSE(bench.core.state(bench.now).bed_clear);
    CHECK_FALSE(bench.kept.back().bed_clear);
    return why->detail;
}

} // namespace

TEST_CASE("a printer that went away or was reset has a bed that nobody has cleared")
{
    host_bench unplugged;
    unplugged.connect();
    unplugged.core.port_lost(printer_errc::port_gone, "the port went away", unplugged.now);
    unplugged.connect();
    CHECK(refusal_of_start(unplugged).find("switched off, reset or disconnected") != std::string::npos);
    CHECK(unplugged.done(unplugged.ask(confirm_bed_clear{})));
    CHECK(refusal_of_start(unplugged).empty());

    host_bench reset;
    reset.connect();
    reset.hear(was_reset{});
    reset.connect();
    CHECK(refusal_of_start(reset).find("switched off, reset") != std::string::npos);

    // A port that could not be opened at first, and opening resets many a board, is no loss of power.
    host_bench late;
    late.core.port_lost(printer_errc::port_gone, "no such port", late.now);
    late.connect();
    CHECK(refusal_of_start(late).empty());
}

TEST_CASE("after an emergency stop, and after the firmware stopped itself, a person looks first")
{
    host_bench stopped;
    stopped.connect();
    stopped.ask(emergency_stop{});
    stopped.hear(killed{"halted"});
    stopped.connect();
    CHECK(refusal_of_start(stopped).find("since the printer was stopped") != std::string::npos);
    host_bench fault;
    fault.connect();
    fault.hear(killed{"Thermal Runaway"});
    fault.connect();
    CHECK(refusal_of_start(fault).find("since the printer was stopped") != std::string::npos);
}

TEST_CASE("a head that somebody moved at the printer's own display takes the cleared bed away")
{
    host_bench bench;
    bench.connect();
    bench.pass(12s);
    const auto asked = std::count(bench.sent.begin(), bench.sent.end(), "M114");
    CHECK(asked >= 2);
    CHECK(asked <= 4);
    CHECK(bench.core.state(bench.now).bed_clear);
    bench.where.x_mm = 30; // also a print from the printer's own card
    bench.pass(6s);
    CHECK(refusal_of_start(bench).find("moved at the printer or by another program") != std::string::npos);
    // There is nothing to watch any more.
    const auto then = std::count(bench.sent.begin(), bench.sent.end(), "M114");
    bench.pass(30s);
    CHECK(std::count(bench.sent.begin(), bench.sent.end(), "M114") == then);
}

TEST_CASE("what the host moves itself is not taken for somebody else's hand")
{
    host_bench bench;
    bench.connect();
    bench.pass(6s);
    CHECK(bench.done(bench.ask(home_axes{})));
    bench.where = head_position{0.0, 0.0, 5.0, 5.0};
    bench.pass(12s);
    CHECK(bench.core.state(bench.now).bed_clear);
    CHECK(bench.done(bench.ask(set_temperature{"bed", 50})));
    bench.pass(6s);
    CHECK(bench.core.state(bench.now).bed_clear);
    bench.start(cube);
    bench.where = head_position{10.0, 10.0, 1.0, 1.0};
    bench.run();
    CHECK(bench.where_now() == phase::finished);
    bench.ask(confirm_bed_clear{});
    bench.pass(12s);
    CHECK(bench.core.state(bench.now).bed_clear);
}

TEST_CASE("a printer that waits for a person is not asked where its head is")
{
    host_bench bench;
    bench.connect();
    bench.hear(busy{.for_user = true});
    bench.sent.clear();
    for (int i = 0; i < 30; ++i) { // it says so again and again
        bench.pass(2s);
        bench.hear(busy{.for_user = true});
    }
    CHECK_FALSE(bench.was_sent("M114"));
}

TEST_CASE("a restart of the machine takes the cleared bed away, one of the program does not")
{
    durable_state kept;
    note_boot(kept, "boot-1"); // a fresh installation
    CHECK(kept.bed_clear);
    note_boot(kept, "boot-1");
    CHECK(kept.bed_clear);
    note_boot(kept, ""); // a kernel that does not say
    CHECK(kept.bed_clear);
    note_boot(kept, "boot-2");
    CHECK_FALSE(kept.bed_clear);
    CHECK(kept.boot == "boot-2");
    host_bench bench(kept);
    bench.connect();
    CHECK(refusal_of_start(bench).find("machine was restarted") != std::string::npos);
    CHECK_FALSE(boot_of_machine().empty());
}
