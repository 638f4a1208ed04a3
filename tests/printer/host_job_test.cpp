#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

// Long enough to be in the middle of it; the window keeps it from running through.
std::vector<std::string> long_file()
{
    std::vector<std::string> lines{"M104 S200", "G28", "M109 S200", "G1 Z1 F600"};
    for (int i = 0; i < 200; ++i)
        lines.push_back("G1 X" + std::to_string(i) + " E" + std::to_string(i) + " F1800");
    return lines;
}

// A bench in the middle of that print, hot, homed, with lines owed.
void begin(host_bench& bench)
{
    bench.connect();
    bench.most_sent = 20;
    REQUIRE(bench.done(bench.start(long_file())));
    for (int i = 0; i < 4; ++i) {
        bench.heat(200, 200, 22, 0);
        bench.pass(1s);
    }
    bench.acknowledges = false;
    bench.window = 4;
    bench.most_sent = 1'000'000;
    bench.run();
    REQUIRE(bench.where_now() == phase::printing);
    REQUIRE_FALSE(bench.owed.empty());
}

} // namespace

TEST_CASE("a job begins from known modes with its steppers kept on, and ends when all is acknowledged")
{
    host_bench bench;
    bench.connect();
    bench.start({"G28", "G1 X1 F600", "; end"});
    CHECK(bench.sent ==
          std::vector<std::string>{"M84 S0", "G21", "G90", "M82", "G28", "G1 X1 F600", "M400", "M84 S600"});
    CHECK(bench.where_now() == phase::finished);
    const auto state = bench.core.state(bench.now);
    CHECK(state.job->progress == 1.0);
    CHECK(state.job->done_bytes == state.job->size_bytes);
    CHECK(state.job->lines_acknowledged == 2);
    CHECK_FALSE(state.bed_clear);
    CHECK(bench.dropped_sources == 1);
}

TEST_CASE("a wait for heat holds the file in the host, never in the firmware")
{
    host_bench bench;
    bench.connect();
    bench.start({"M109 S200", "G1 X5"});
    CHECK(bench.was_sent("M104 S200"));
    CHECK_FALSE(bench.was_sent("M109 S200"));
    bench.pass(10s);
    CHECK_FALSE(bench.was_sent("G1 X5"));
    bench.heat(199, 200, 22, 0);
    bench.pass(1s);
    CHECK_FALSE(bench.was_sent("G1 X5")); // must hold for a moment
    bench.heat(200, 200, 22, 0);
    bench.pass(3s);
    CHECK(bench.was_sent("G1 X5"));
}

TEST_CASE("a cancel works at once while heating")
{
    host_bench bench;
    bench.connect();
    bench.start({"M190 S60", "G1 X5"});
    CHECK(bench.done(bench.ask(cancel_job{})));
    CHECK(bench.where_now() == phase::cancelled);
    CHECK(bench.was_sent("M140 S0"));
    CHECK_FALSE(bench.was_sent("G1 X5"));
    CHECK_FALSE(bench.was_sent("G1 Z5 F600")); // nothing had moved
}

TEST_CASE("a wait for heat that never ends is ended with heaters off")
{
    host_bench bench;
    bench.connect();
    bench.start({"M109 S200", "G1 X5"});
    for (int i = 0; i < 10; ++i) {
        bench.heat(120, 200, 22, 0);
        bench.pass(1min);
    }
    bench.pass(2s);
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.was_sent("M104 S0"));
    CHECK(bench.was_sent("M140 S0"));
    CHECK_FALSE(bench.was_sent("G1 X5"));
}

TEST_CASE("a pause shows as pausing until motion stands still, then parks; a resume restores")
{
    host_settings settings;
    settings.parking.area = motion_area{0, 200, 0, 200, 200};
    settings.parking.park = spot{1, 2};
    host_bench bench({}, settings);
    begin(bench);
    CHECK(bench.done(bench.ask(pause_job{})));
    CHECK(bench.where_now() == phase::pausing);
    CHECK(bench.refusal(bench.ask(pause_job{})) == printer_errc::wrong_state);
    bench.window = 1000;
    bench.acknowledges = true;
    bench.sent.clear();
    bench.run();
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.sent == std::vector<std::string>{"M400", "M114", "G21", "G91", "M83", "G1 E-1 F2100",
                                                 "G1 Z5 F600", "G90", "G1 X1 Y2 F6000", "M400"});
    bench.sent.clear();
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.where_now() == phase::resuming);
    CHECK(bench.sent == std::vector<std::string>{"M104 T0 S200"});
    bench.heat(200, 200, 22, 0);
    bench.acknowledges = true;
    bench.pass(3s);
    REQUIRE(bench.sent.size() > 10);
    CHECK(std::vector<std::string>(bench.sent.begin() + 1, bench.sent.begin() + 10) ==
          std::vector<std::string>{"G21", "M83", "G1 E1 F2100", "G90", "G1 X10 Y20 F6000", "G1 Z1 F600",
                                   "G92 E5", "G1 F1800", "G90"});
}

TEST_CASE("every line of the file is sent once and in order over a pause")
{
    host_bench bench;
    begin(bench);
    bench.ask(pause_job{});
    bench.acknowledges = true;
    bench.run();
    REQUIRE(bench.where_now() == phase::paused);
    bench.ask(resume_job{});
    bench.heat(200, 200, 22, 0);
    bench.pass(2s);
    bench.heat(200, 200, 22, 0);
    bench.pass(3s);
    CHECK(bench.where_now() == phase::finished);
    std::size_t expected = 0;
    const auto file = long_file();
    for (const auto& text : bench.sent)
        if (expected + 4 < file.size() && text == file[expected + 4]) ++expected;
    CHECK(expected == file.size() - 4);
    CHECK(std::count(bench.sent.begin(), bench.sent.end(), "G1 X7 E7 F1800") == 1);
}

TEST_CASE("without an answer to M114 a pause moves nothing")
{
    host_bench bench;
    begin(bench);
    bench.answers_position = false;
    bench.acknowledges = true;
    bench.sent.clear();
    bench.ask(pause_job{});
    bench.pass(11s);
    CHECK(bench.where_now() == phase::paused);
    CHECK_FALSE(bench.was_sent("G1 Z5 F600"));
}

TEST_CASE("a file's M0 pauses with its text, and M118 cannot pose as the firmware")
{
    host_bench bench;
    bench.connect();
    bench.start({"M118 A1 action:cancel", "M0 Insert magnets", "G1 X5"});
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.core.state(bench.now).wants->text == "Insert magnets");
    CHECK_FALSE(bench.was_sent("M0 Insert magnets"));
    CHECK_FALSE(bench.was_sent("G1 X5"));
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.was_sent("G1 X5"));
    CHECK(bench.where_now() == phase::finished);
}

TEST_CASE("a pause of the firmware's own is shown, fed nothing, and ended by its own means")
{
    host_bench bench;
    begin(bench);
    bench.hear(host_action{"paused"});
    CHECK(bench.where_now() == phase::paused);
    bench.hear(host_action{"prompt_begin Paused"});
    bench.hear(host_action{"prompt_button PurgeMore"});
    bench.hear(host_action{"prompt_button Continue"});
    bench.hear(host_action{"prompt_show"});
    CHECK(bench.core.state(bench.now).wants->kind == "prompt");
    const auto before = bench.sent.size();
    bench.acknowledges = true;
    bench.pass(60s);
    CHECK(bench.sent.size() == before);
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.urgent.back() == "M876 S1");
    CHECK(bench.where_now() == phase::paused); // until it says so
    bench.acknowledges = false;
    bench.hear(host_action{"resumed"});
    CHECK(bench.where_now() == phase::printing);
}

TEST_CASE("thermal errors, resets and a lost port fail the job loudly, and nothing goes on by itself")
{
    const std::vector<std::pair<event, std::string>> ends{
        {killed{"Thermal Runaway, system stopped!"}, "Thermal Runaway"},
        {was_reset{}, "reset"},
        {gone_silent{"no byte for 30 s"}, "does not answer"}};
    for (const auto& [what, word] : ends) {
        host_bench bench;
        begin(bench);
        bench.hear(what);
        CHECK(bench.where_now() == phase::error);
        CHECK(bench.core.state(bench.now).reason.find(word) != std::string::npos);
        CHECK(bench.kept.back().last_job->outcome == "failed");
        bench.sent.clear();
        bench.owed.clear();
        bench.acknowledges = true;
        bench.connect();
        bench.pass(1min);
        CHECK(bench.where_now() == phase::error);
        for (const auto& text : bench.sent)
            CHECK(text == "M105");
        CHECK(bench.refusal(bench.ask(resume_job{})) == printer_errc::wrong_state);
    }
}

TEST_CASE("after a failed job the hotend goes off after 10 minutes and the bed after 30")
{
    host_bench bench;
    begin(bench);
    bench.core.port_lost(printer_errc::port_gone, "the port went away", bench.now);
    bench.owed.clear();
    bench.acknowledges = true;
    bench.sent.clear();
    bench.connect();
    bench.heat(200, 200, 60, 60);
    bench.pass(9min);
    CHECK_FALSE(bench.was_sent("M104 S0"));
    bench.pass(2min);
    CHECK(bench.was_sent("M104 S0"));
    CHECK_FALSE(bench.was_sent("M140 S0"));
    bench.pass(20min);
    CHECK(bench.was_sent("M140 S0"));
}

TEST_CASE("a file that can no longer be read fails the job, and the nozzle leaves the part")
{
    host_bench bench;
    bench.connect();
    const auto source =
        std::make_shared<listed_lines>(std::vector<std::string>{"G28", "G1 Z1 F600", "M0", "G1 X1"});
    bench.ask(start_job{"gcode/a.gcode", true}, {}, source);
    REQUIRE(bench.where_now() == phase::paused);
    source->break_off("the file could not be read");
    bench.sent.clear();
    bench.ask(resume_job{});
    bench.pass(1s);
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.was_sent("G1 Z5 F600"));
}

TEST_CASE("a printer that talks but takes no lines is found, and stopped out of turn")
{
    host_bench bench;
    begin(bench);
    bench.hear(busy{false});
    for (int i = 0; i < 13; ++i) {
        bench.pass(5s);
        bench.heat(200, 200, 22, 0);
    }
    CHECK(bench.where_now() == phase::error);
    CHECK(bench.urgent.back() == "M112");
}

TEST_CASE("a printer that is busy with a move for ever is found, and one that probes for minutes is not")
{
    for (const bool probing : {false, true}) {
        host_bench bench;
        if (probing) {
            bench.connect();
            bench.acknowledges = false;
            bench.window = 1;
            bench.start({"G29", "G1 X1"});
            for (int line = 0; line < 4; ++line) { // up to the G29
                const auto tag = bench.owed.front();
                bench.owed.pop_front();
                bench.hear(acknowledged{tag});
            }
            REQUIRE(bench.sent.back() == "G29");
        } else
            begin(bench);
        for (int i = 0; i < 160; ++i) {
            bench.hear(busy{false});
            bench.pass(2s);
        }
        CHECK(bench.where_now() == (probing ? phase::printing : phase::error));
        if (!probing) CHECK(bench.urgent.back() == "M112");
    }
}

TEST_CASE("stopping the host ends a job as failed with heaters off")
{
    host_bench bench;
    begin(bench);
    bench.core.stop(bench.now);
    CHECK_FALSE(bench.core.may_leave(bench.now));
    bench.acknowledges = true;
    bench.run();
    CHECK(bench.was_sent("M104 S0"));
    CHECK(bench.was_sent("M140 S0"));
    CHECK(bench.core.may_leave(bench.now));
    CHECK(bench.kept.back().last_job->detail.find("stopped") != std::string::npos);
    CHECK(bench.refusal(bench.start(long_file())) == printer_errc::host_gone);
}

TEST_CASE("text of the firmware is shown without its control characters and without end")
{
    host_bench bench;
    begin(bench);
    bench.hear(killed{"\x1b[2J\r\n" + std::string(5000, 'x')});
    const auto state = bench.core.state(bench.now);
    CHECK(state.reason.size() < 1000);
    CHECK(
        std::all_of(state.reason.begin(), state.reason.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
}

TEST_CASE("waits for acknowledgements are told as percentiles of the whole print")
{
    ack_times times;
    CHECK_FALSE(times.percentile(0.5));
    for (int i = 0; i < 90; ++i)
        times.add(10ms);
    for (int i = 0; i < 10; ++i)
        times.add(800ms);
    CHECK(*times.percentile(0.5) == Approx(10).epsilon(0.4));
    CHECK(*times.percentile(0.5) >= 10);
    CHECK(*times.percentile(0.95) == Approx(800).epsilon(0.4));
    times.add(24h);
    times.add(-1ms);
    CHECK(*times.percentile(1) > 60'000);
}

TEST_CASE("a printer that had to wait for the file is counted once for each wait")
{
    host_bench bench;
    bench.connect();
    auto source = std::make_shared<listed_lines>(std::vector<std::string>{"G28", "G1 X1", "G1 X2", "G1 X3"});
    source->hold_after(1);
    bench.ask(start_job{"gcode/a.gcode", true}, {}, source);
    bench.pass(3s);
    CHECK(bench.core.state(bench.now).job->underruns == 1);
    source->hold_after(3);
    bench.pass(1s);
    CHECK(bench.core.state(bench.now).job->underruns == 2);
    source->hold_after(100);
    bench.pass(1s);
    CHECK(bench.where_now() == phase::finished);
    CHECK(bench.core.state(bench.now).job->ack_p50_ms.has_value());
}
