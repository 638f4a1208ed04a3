#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {
const std::vector<std::string> cube{"G28", "G1 X10 Y10 Z1 F1800", "G1 X20 E1", "M117 done"};
}

TEST_CASE("a printer is offline, then connecting, then idle, and connecting moves and heats nothing")
{
    host_bench bench;
    CHECK(bench.where_now() == phase::offline);
    bench.core.port_opened(bench.now);
    CHECK(bench.where_now() == phase::connecting);
    bench.connect();
    CHECK(bench.where_now() == phase::idle);
    CHECK(bench.sent.empty());
    bench.core.port_lost(printer_errc::port_gone, "the port went away", bench.now);
    CHECK(bench.where_now() == phase::offline);
    CHECK(bench.core.state(bench.now).away == printer_errc::port_gone);
    CHECK(bench.refusal(bench.start(cube)) == printer_errc::port_gone);
}

TEST_CASE("a start needs a bed that a person cleared after the last job")
{
    host_bench bench;
    bench.connect();
    CHECK(bench.done(bench.start(cube, false))); // a fresh installation
    CHECK(bench.where_now() == phase::finished);
    CHECK(bench.refusal(bench.start(cube, false)) == printer_errc::bed_not_clear);
    CHECK(bench.done(bench.ask(confirm_bed_clear{})));
    CHECK(bench.done(bench.start(cube, false)));
    CHECK(bench.done(bench.start(cube, true)));
    CHECK(bench.kept.back().bed_clear == false);
}

TEST_CASE("a job is on the disk before its first line is on the wire")
{
    host_bench bench;
    bench.connect();
    bench.disk_works = false;
    CHECK(bench.refusal(bench.start(cube)) == printer_errc::host_failure);
    CHECK(bench.sent.empty());
    CHECK(bench.where_now() == phase::idle);
    CHECK(bench.dropped_sources == 1);
    bench.disk_works = true;
    bench.kept.clear();
    CHECK(bench.done(bench.start(cube)));
    REQUIRE(bench.kept.size() >= 2);
    CHECK(bench.kept.front().last_job->outcome == "running");
    CHECK(bench.kept.back().last_job->outcome == "finished");
}

TEST_CASE("a restarted host says that the job was lost, and begins nothing by itself")
{
    host_bench bench(
        {.last_job = job_record{"j-1", "gcode/a.gcode", "running", {}}, .bed_clear = false, .firmware = {}});
    bench.connect();
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.core.state(bench.now).reason.find("restarted") != std::string::npos);
    CHECK(bench.sent.empty());
    CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.start(cube, false)) == printer_errc::bed_not_clear);
    bench.heat(200, 200, 60, 60);
    bench.pass(11min); // what the lost job left hot
    CHECK(bench.was_sent("M104 S0"));
    CHECK_FALSE(bench.was_sent("M140 S0"));
    CHECK(bench.done(bench.ask(confirm_bed_clear{})));
    CHECK(bench.where_now() == phase::idle);
}

TEST_CASE("another printer on the same port does not print")
{
    host_bench bench(
        {.last_job = {}, .bed_clear = true, .firmware = fingerprint{"Marlin 2", "Other", "u-2"}});
    bench.connect();
    CHECK(bench.refusal(bench.start(cube)) == printer_errc::wrong_state);
    host_settings settings;
    settings.accept_fingerprint = true;
    host_bench accepted(
        {.last_job = {}, .bed_clear = true, .firmware = fingerprint{"Marlin 2", "Other", "u-2"}}, settings);
    accepted.connect();
    CHECK(accepted.done(accepted.start(cube)));
    CHECK(accepted.kept.front().firmware->machine == "Rig");
}

TEST_CASE("late and misdirected commands do nothing and say why")
{
    host_bench bench;
    bench.connect();
    terms late;
    late.time_left = -1ms;
    CHECK(bench.refusal(bench.ask(home_axes{}, late)) == printer_errc::late);
    terms elsewhere;
    elsewhere.expected_state = phase::printing;
    CHECK(bench.refusal(bench.ask(cancel_job{}, elsewhere)) == printer_errc::wrong_state);
    terms other_job;
    other_job.expected_job = "j-other";
    CHECK(bench.refusal(bench.ask(home_axes{}, other_job)) == printer_errc::wrong_state);
    CHECK(bench.sent.empty());
}

TEST_CASE("every action is refused in a state that it does not fit")
{
    host_bench bench;
    bench.connect();
    CHECK(bench.refusal(bench.ask(pause_job{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(cancel_job{})) == printer_errc::wrong_state);
    bench.acknowledges = false;
    bench.start(cube);
    CHECK(bench.where_now() == phase::printing);
    CHECK(bench.refusal(bench.start(cube)) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(home_axes{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(confirm_bed_clear{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::wrong_state);
}

TEST_CASE("temperatures by hand are held to the limits, and Z is not homed over a part")
{
    host_bench bench;
    bench.connect();
    CHECK(bench.refusal(bench.ask(set_temperature{"tool0", 251})) == printer_errc::out_of_range);
    CHECK(bench.refusal(bench.ask(set_temperature{"bed", -1})) == printer_errc::out_of_range);
    CHECK(bench.refusal(bench.ask(set_temperature{"tool7", 50})) == printer_errc::unsupported);
    CHECK(bench.refusal(bench.ask(set_temperature{"tool0\nM112", 50})) == printer_errc::out_of_range);
    CHECK(bench.done(bench.ask(set_temperature{"tool0", 200})));
    CHECK(bench.was_sent("M104 T0 S200"));
    CHECK(bench.done(bench.ask(home_axes{})));
    CHECK(bench.core.state(bench.now).homed == "xyz");
    bench.start(cube);
    CHECK(bench.refusal(bench.ask(home_axes{})) == printer_errc::bed_not_clear);
    CHECK(bench.done(bench.ask(home_axes{true, true, false})));
    CHECK(bench.was_sent("G28 X Y"));
}

TEST_CASE("heaters that a hand left on go off after half an hour, polls or not")
{
    host_bench bench;
    bench.connect();
    bench.ask(set_temperature{"tool0", 200});
    for (int minute = 0; minute < 29; ++minute) {
        bench.heat(200, 200, 60, 60);
        bench.pass(1min);
    }
    CHECK_FALSE(bench.was_sent("M104 S0"));
    bench.heat(200, 200, 60, 60);
    bench.pass(2min);
    CHECK(bench.was_sent("M104 S0"));
    CHECK(bench.was_sent("M140 S0"));
    CHECK(bench.core.state(bench.now).reason.find("switched off") != std::string::npos);
}

TEST_CASE("an emergency stop goes ahead of everything and tells what it knows")
{
    host_bench bench;
    bench.connect();
    bench.acknowledges = false;
    bench.start(cube);
    terms hopeless;
    hopeless.time_left = -1h;
    hopeless.expected_state = phase::idle;
    const auto confirmed = bench.ask(emergency_stop{}, hopeless);
    CHECK(bench.urgent == std::vector<std::string>{"M112"});
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.answers.count(confirmed) == 0);
    bench.hear(killed{"Printer halted. kill() called!"});
    CHECK(bench.done(confirmed));
    CHECK(std::get<performed>(bench.answers[confirmed]).note.empty());
    CHECK(bench.core.state(bench.now).away == printer_errc::halted);
    CHECK(bench.kept.back().last_job->outcome == "failed");

    host_bench plain;
    plain.connect({});
    const auto unsure = plain.ask(emergency_stop{});
    plain.pass(3s);
    REQUIRE(plain.done(unsure));
    CHECK(std::get<performed>(plain.answers[unsure]).note.find("no emergency parser") != std::string::npos);
    host_bench away;
    CHECK(away.refusal(away.ask(emergency_stop{})) == printer_errc::port_gone);
}

TEST_CASE("starts have a ceiling an hour")
{
    host_settings settings;
    settings.starts_an_hour = 2;
    host_bench bench({}, settings);
    bench.connect();
    CHECK(bench.done(bench.start(cube)));
    CHECK(bench.done(bench.start(cube)));
    CHECK(bench.refusal(bench.start(cube)) == printer_errc::refused);
    bench.pass(61min);
    CHECK(bench.done(bench.start(cube)));
}
