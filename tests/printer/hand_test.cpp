// What people do by hand: the G-code that it becomes, and when it is refused.
#include "host_bench.hpp"
#include "printer/serial/hand_commands.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
namespace gcode = layerline::gcode;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::vector<std::string> cube{"G28", "G90", "M83", "G1 X10 Y10 Z1 F1800", "G1 X20 E1", "G1 X30 E1"};

host_settings with_area()
{
    host_settings settings;
    settings.parking.area = motion_area{0, 200, 0, 200, 180};
    settings.parking.park = spot{0, 200};
    return settings;
}

// The commands after the last M114 but one: what a move by hand put on the wire.
std::vector<std::string> since(const host_bench& bench, std::size_t from)
{
    return {bench.sent.begin() + static_cast<std::ptrdiff_t>(from), bench.sent.end()};
}

struct homed_bench : host_bench {
    explicit homed_bench(std::vector<std::string> capabilities = {"EMERGENCY_PARSER"})
        : host_bench({.last_job = {}, .bed_clear = true, .firmware = {}}, with_area())
    {
        connect(std::move(capabilities));
        REQUIRE(done(ask(home_axes{})));
        heat(200, 200, 60, 60);
    }
    std::string why(std::uint64_t ticket) { return std::get<printer_failure>(answers.at(ticket)).detail; }
};

// A print that is paused in its middle, head parked.
struct paused_bench : homed_bench {
    paused_bench()
    {
        window = 1;
        most_sent = sent.size() + 9;
        start(cube);
        ask(pause_job{});
        most_sent = 1'000'000;
        run();
        REQUIRE(where_now() == phase::paused);
    }
};

} // namespace

TEST_CASE("a move by hand is relative, in millimetres, and leaves the modes as they were")
{
    CHECK(move_commands({'x', 10.5, 1200.0}, {}) ==
          std::vector<std::string>{"G21", "G91", "G1 X10.5 F1200", "G90", "M82"});
    gcode::modes odd;
    odd.absolute = false;
    odd.absolute_e = false;
    odd.inches = true;
    odd.feed_mm_min = 1500;
    CHECK(move_commands({'z', -0.1, {}}, odd) ==
          std::vector<std::string>{"G21", "G91", "G1 Z-0.1 F600", "G1 F1500", "G20", "G91", "M83"});
    CHECK(extrude_commands({1, -3, {}}, {}) ==
          std::vector<std::string>{"T1", "G21", "M83", "G1 E-3 F300", "G90", "M82", "T0"});
}

TEST_CASE(
    "an axis moves by hand once it is homed, within the area, and the bed is then not known to be clear")
{
    homed_bench bench;
    const auto begin = bench.sent.size();
    CHECK(bench.done(bench.ask(move_axis{'x', 25, {}})));
    CHECK(since(bench, begin) == std::vector<std::string>{"M400", "M114", "G21", "G91", "G1 X25 F3000", "G90",
                                                          "M82", "M400", "M114"});
    CHECK_FALSE(bench.kept.back().bed_clear);
    CHECK(bench.refusal(bench.start(cube, false)) == printer_errc::bed_not_clear);
    CHECK(bench.refusal(bench.ask(move_axis{'x', 195, {}})) == printer_errc::out_of_range); // it is at 10
    CHECK(bench.refusal(bench.ask(move_axis{'z', -2, {}})) == printer_errc::out_of_range);  // it is at 1
    CHECK(bench.done(bench.ask(move_axis{'z', -1, {}})));
    CHECK(bench.refusal(bench.ask(move_axis{'y', 501, {}})) == printer_errc::out_of_range);
}

TEST_CASE("an axis whose place is unknown moves only away from the bed")
{
    host_bench bench;
    bench.connect();
    for (const char axis : {'x', 'y'})
        CHECK(bench.refusal(bench.ask(move_axis{axis, 1, {}})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(move_axis{'z', -1, {}})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(move_axis{'z', 51, {}})) == printer_errc::wrong_state);
    CHECK(bench.done(bench.ask(move_axis{'z', 10, {}})));
}

TEST_CASE(
    "nothing is moved by hand while a print is under way, after a failure, or before the last move ended")
{
    homed_bench bench;
    bench.window = 1;
    bench.most_sent = bench.sent.size() + 6;
    bench.start(cube);
    REQUIRE(bench.where_now() == phase::printing);
    CHECK(bench.refusal(bench.ask(move_axis{'x', 1, {}})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(extrude_filament{0, 1, {}})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(release_motors{})) == printer_errc::wrong_state);
    bench.most_sent = 1'000'000;
    bench.ask(emergency_stop{});
    CHECK(bench.refusal(bench.ask(move_axis{'x', 1, {}})) == printer_errc::wrong_state);

    homed_bench slow;
    slow.acknowledges = false;
    const auto first = slow.ask(move_axis{'x', 1, {}});
    CHECK(slow.answers.count(first) == 0);
    CHECK(slow.refusal(slow.ask(move_axis{'x', 1, {}})) == printer_errc::wrong_state);
    CHECK(slow.refusal(slow.start(cube)) == printer_errc::wrong_state);
    slow.hear(was_reset{});
    CHECK(slow.refusal(first) == printer_errc::no_answer);
}

TEST_CASE("a head that was moved in a pause comes back from above, to where the print stopped")
{
    paused_bench bench;
    CHECK(bench.done(bench.ask(move_axis{'x', 30, {}})));
    CHECK(bench.where_now() == phase::paused);
    const auto begin = bench.sent.size();
    CHECK(bench.done(bench.ask(resume_job{})));
    const auto all = since(bench, begin);
    const auto at = [&](const std::string& text) {
        return std::find(all.begin(), all.end(), text) - all.begin();
    };
    CHECK(at("G1 Z6 F600") < at("G1 X10 Y20 F6000"));
    CHECK(at("G1 X10 Y20 F6000") < at("G1 Z1 F600"));
    CHECK(at("G1 Z1 F600") < at("G1 X30 E1"));
    CHECK(bench.where_now() == phase::finished);
}

TEST_CASE("filament moves only in a hot tool that there is")
{
    homed_bench bench;
    CHECK(bench.done(bench.ask(extrude_filament{0, 5, {}})));
    CHECK(bench.was_sent("G1 E5 F300"));
    CHECK(bench.refusal(bench.ask(extrude_filament{3, 5, {}})) == printer_errc::unsupported);
    bench.heat(40, 0, 22, 0);
    const auto cold = bench.ask(extrude_filament{0, 5, {}});
    CHECK(bench.refusal(cold) == printer_errc::wrong_state);
    CHECK_THAT(bench.why(cold), Contains("too cold"));
}

TEST_CASE("fan, speed and flow are set at any time and show in the state")
{
    homed_bench bench;
    CHECK(bench.done(bench.ask(set_fan{0.5})));
    CHECK(bench.done(bench.ask(set_speed{1.25})));
    CHECK(bench.done(bench.ask(set_flow{0.95})));
    CHECK(bench.was_sent("M106 S128"));
    CHECK(bench.was_sent("M220 S125"));
    CHECK(bench.was_sent("M221 S95"));
    const auto state = bench.core.state(bench.now);
    CHECK(state.fan == Approx(0.5).margin(0.01));
    CHECK(state.speed_factor == 1.25);
    CHECK(state.flow_factor == 0.95);
    CHECK(bench.done(bench.ask(set_fan{0})));
    CHECK(bench.core.state(bench.now).fan == 0);
    CHECK(bench.refusal(bench.ask(set_fan{1.1})) == printer_errc::out_of_range);
    CHECK(bench.refusal(bench.ask(set_speed{0})) == printer_errc::out_of_range);
    CHECK(bench.refusal(bench.ask(set_flow{std::nan("")})) == printer_errc::out_of_range);
    bench.hear(was_reset{});
    CHECK_FALSE(bench.core.state(bench.now).speed_factor);
    CHECK(bench.refusal(bench.ask(set_fan{1})) == printer_errc::silent);
}

TEST_CASE("what the firmware did not say that it has is not offered")
{
    homed_bench plain;
    CHECK(plain.refusal(plain.ask(babystep{0.02})) == printer_errc::unsupported);
    CHECK(plain.refusal(plain.ask(set_light{"case", true})) == printer_errc::unsupported);
    CHECK(plain.refusal(plain.ask(set_power{"psu", true})) == printer_errc::unsupported);
    CHECK(plain.refusal(plain.ask(level_bed{})) == printer_errc::unsupported);
    CHECK(plain.refusal(plain.ask(run_macro{"PARK", {}})) == printer_errc::unsupported);
    CHECK(plain.refusal(plain.ask(exclude_object{"cube"})) == printer_errc::unsupported);
    CHECK(plain.core.capabilities().can("move_axis"));
    CHECK_FALSE(plain.core.capabilities().can("set_light"));
    CHECK(plain.core.capabilities().travel == layerline::printer::travel_area{0, 200, 0, 200, 180});

    homed_bench rich({"BABYSTEPPING", "TOGGLE_LIGHTS", "SOFTWARE_POWER", "AUTOLEVEL"});
    for (const auto* name : {"babystep", "set_light", "set_power", "level_bed"})
        CHECK(rich.core.capabilities().can(name));
    CHECK(rich.done(rich.ask(set_light{"case", true})));
    CHECK(rich.was_sent("M355 S1"));
    CHECK(rich.core.state(rich.now).lights == std::vector<light_state>{{"case", true}});
    CHECK(rich.refusal(rich.ask(set_light{"moon", true})) == printer_errc::out_of_range);
    CHECK(rich.refusal(rich.ask(set_power{"psu", false})) == printer_errc::wrong_state); // hot
    rich.heat(30, 0, 30, 0);
    CHECK(rich.done(rich.ask(set_power{"psu", false})));
    CHECK(rich.was_sent("M81"));
    CHECK(rich.done(rich.ask(level_bed{})));
    CHECK(rich.was_sent("G29"));
}

TEST_CASE("babysteps are bounded one by one and all together")
{
    homed_bench bench({"BABYSTEPPING"});
    for (int i = 0; i < 4; ++i)
        CHECK(bench.done(bench.ask(babystep{-0.5})));
    CHECK(bench.was_sent("M290 Z-0.5"));
    CHECK(bench.core.state(bench.now).z_offset_mm == -2);
    CHECK(bench.refusal(bench.ask(babystep{-0.1})) == printer_errc::out_of_range);
    CHECK(bench.done(bench.ask(babystep{0.1})));
    CHECK(bench.refusal(bench.ask(babystep{0.6})) == printer_errc::out_of_range);
}

TEST_CASE("released motors lose the axes' places")
{
    homed_bench bench;
    CHECK(bench.done(bench.ask(release_motors{})));
    CHECK(bench.was_sent("M84"));
    CHECK(bench.core.state(bench.now).homed.empty());
    CHECK(bench.refusal(bench.ask(move_axis{'x', 1, {}})) == printer_errc::wrong_state);
}

TEST_CASE("a console line is answered with the printer's own words, once it is acknowledged")
{
    homed_bench bench;
    bench.acknowledges = false;
    const auto asked = bench.ask(run_gcode{"m503 s0 ; settings"});
    CHECK(bench.was_sent("M503 S0"));
    CHECK(bench.core.listens());
    CHECK(bench.refusal(bench.ask(run_gcode{"M503"})) == printer_errc::refused);
    bench.hear(heard{"echo: Steps per unit:\x01"});
    bench.hear(heard{"echo:  M92 X80"});
    CHECK(bench.answers.count(asked) == 0);
    bench.acknowledges = true;
    bench.run();
    REQUIRE(bench.done(asked));
    CHECK(std::get<performed>(bench.answers.at(asked)).reply == "echo: Steps per unit:?\necho:  M92 X80");
    CHECK_FALSE(bench.core.listens());
    bench.hear(heard{"too late"});

    bench.acknowledges = false;
    const auto slow = bench.ask(run_gcode{"G4 S60"});
    bench.hear(heard{"busy with it"});
    bench.pass(9s);
    REQUIRE(bench.done(slow));
    CHECK_THAT(std::get<performed>(bench.answers.at(slow)).note, Contains("still"));
    terms brief;
    brief.time_left = 3s;
    const auto waiting = bench.ask(run_gcode{"M115"}, brief);
    bench.hear(gone_silent{""});
    CHECK(bench.refusal(waiting) == printer_errc::no_answer);
}

TEST_CASE("a console's endless answer is cut at its bound")
{
    homed_bench bench;
    bench.acknowledges = false;
    const auto asked = bench.ask(run_gcode{"M43"});
    for (int i = 0; i < 1000; ++i)
        bench.hear(heard{std::string(100, 'x')});
    bench.acknowledges = true;
    bench.run();
    REQUIRE(bench.done(asked));
    CHECK(std::get<performed>(bench.answers.at(asked)).reply.size() <= max_reply_bytes);
}

TEST_CASE("a console line does nothing that would cheat the host, the limits or a print under way")
{
    const console_terms idle{false, 250, 90, 60}, busy{true, 250, 90, 60};
    const auto code = [](const console_verdict& verdict) {
        return verdict.why_not ? std::optional(verdict.why_not->code) : std::nullopt;
    };
    for (const auto* line : {"M110 N5", "M112", "M28 a.g", "M29", "M23 x", "M0", "M1", "M999", "M997",
                             "M575 B9600", "M155 S0", "M928 a", "N1 M112*3"})
        CHECK(code(judge_console(line, idle)) == printer_errc::unsupported);
    for (const auto* line : {"M104 S251", "M109 R260", "M140 S91", "M190 S100", "M141 S61", "M303 E0 S300"})
        CHECK(code(judge_console(line, idle)) == printer_errc::out_of_range);
    for (const auto* line : {"G1 X5", "G28", "G92 E0", "T1", "M82", "M84", "G90", "M600", "M410"})
        CHECK(code(judge_console(line, busy)) == printer_errc::wrong_state);
    const std::string too_long = "G1 X" + std::string(100, '1');
    for (const auto* line : {"", ";", "   ", "M117 \x01", "M117 a\\b", too_long.c_str()}) {
        CAPTURE(line);
        CHECK(code(judge_console(line, idle)) == printer_errc::out_of_range);
    }
    console_terms small = idle; // a firmware with a small buffer
    small.max_line = 48;
    CHECK(code(judge_console("M117 " + std::string(40, 'x'), small)) == printer_errc::out_of_range);
    CHECK(judge_console("M117 " + std::string(40, 'x'), idle).why_not == std::nullopt);
    CHECK(judge_console("g1 x5 f1000 ; hi", idle).command == "G1 X5 F1000");
    CHECK(judge_console("M117 Hello there", busy).command == "M117 Hello there");
    CHECK(judge_console("M104 S250", idle).command == "M104 S250");
    CHECK(judge_console("m108", busy).urgent);
    CHECK(judge_console("M220 S110", busy).command == "M220 S110");
}

TEST_CASE("a console line may home and move only as a hand may, and is remembered")
{
    host_bench bench({.last_job = {}, .bed_clear = false, .firmware = {}});
    bench.connect();
    CHECK(bench.refusal(bench.ask(run_gcode{"G28"})) == printer_errc::bed_not_clear);
    CHECK(bench.refusal(bench.ask(run_gcode{"G28 Z"})) == printer_errc::bed_not_clear);
    CHECK(bench.done(bench.ask(run_gcode{"G28 X Y"})));
    CHECK(bench.done(bench.ask(run_gcode{"G91"})));
    CHECK(bench.done(bench.ask(move_axis{'x', 1, {}})));
    CHECK(bench.sent.end() != std::find(bench.sent.begin(), bench.sent.end(), "G91"));
    CHECK(*(bench.sent.end() - 4) == "G91"); // relative, as the console had set it
}

TEST_CASE("motors that a console line released have lost their places")
{
    for (const auto* line : {"M84 X", "M18", "M84"}) {
        homed_bench bench;
        CHECK(bench.done(bench.ask(run_gcode{line})));
        CHECK(bench.refusal(bench.ask(move_axis{'x', 1, {}})) == printer_errc::wrong_state);
    }
    homed_bench kept;
    CHECK(kept.done(kept.ask(run_gcode{"M84 E"})));
    CHECK(kept.done(kept.ask(run_gcode{"M84 S60"})));
    CHECK(kept.done(kept.ask(move_axis{'x', 1, {}})));
}

TEST_CASE("a prompt is answered with one of its buttons, a wait for a person by going on")
{
    homed_bench bench;
    CHECK(bench.refusal(bench.ask(answer_prompt{0})) == printer_errc::wrong_state);
    for (const auto* text :
         {"prompt_begin Runout", "prompt_button Purge", "prompt_button Continue", "prompt_show"})
        bench.hear(host_action{text});
    const auto state = bench.core.state(bench.now);
    REQUIRE(state.wants);
    CHECK(state.wants->buttons == std::vector<std::string>{"Purge", "Continue"});
    CHECK(bench.refusal(bench.ask(answer_prompt{2})) == printer_errc::out_of_range);
    CHECK(bench.refusal(bench.ask(answer_prompt{-1})) == printer_errc::out_of_range);
    CHECK(bench.done(bench.ask(answer_prompt{1})));
    CHECK(bench.urgent == std::vector<std::string>{"M876 S1"});
    CHECK_FALSE(bench.core.state(bench.now).wants);
    bench.hear(busy{true});
    CHECK(bench.done(bench.ask(answer_prompt{0})));
    CHECK(bench.urgent.back() == "M108");
}
