// What people do by hand with a Klipper: what reaches it, and what does not.
#include "moonraker_bench.hpp"
#include "printer/moonraker/hand_gcode.hpp"

using namespace layerline::printer;
using namespace layerline::printer::moonraker;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const heat_limits limits{250, 90, 60};

printer_errc refused(std::string_view line, bool job = false)
{
    INFO(line);
    const auto script = console_script(line, job, limits);
    REQUIRE(script.has_error());
    CHECK_FALSE(script.error().detail.empty());
    return script.error().code;
}

// A printer with everything, all axes homed.
struct full_bench : moonraker_bench {
    full_bench()
    {
        connect();
        auto info = server_info("ready");
        info["components"].push_back("power");
        answer("server.info", info);
        answer("printer.info", {{"state", "ready"}});
        auto names = all_objects();
        for (const auto* more : {"bed_mesh", "neopixel case", "output_pin caselight", "output_pin beeper"})
            names["objects"].push_back(more);
        answer("printer.objects.list", names);
        auto status = idle_status();
        status["toolhead"] = {{"homed_axes", "xyz"}, {"extruder", "extruder"}};
        status["gcode_move"] = {{"gcode_position", {1, 2, 3, 0}},
                                {"speed_factor", 1.5},
                                {"extrude_factor", 0.95},
                                {"homing_origin", {0, 0, 0.25, 0}}};
        status["neopixel case"] = {{"color_data", {{0, 0, 0, 0}, {0, 0.5, 0, 0}}}};
        status["output_pin caselight"] = {{"value", 0.0}};
        status["exclude_object"] = {{"objects", {{{"name", "CUBE_1"}}, {{"name", "CUBE_2"}}}},
                                    {"excluded_objects", {"CUBE_2"}},
                                    {"current_object", "CUBE_1"}};
        answer("printer.objects.subscribe", {{"status", status}});
        answer("server.history.list", {{"count", 0}, {"jobs", json::array()}});
        answer("printer.objects.query",
               {{"status",
                 {{"configfile", {{"settings", {{"gcode_macro clean", {{"gcode", "{params.TIMES}"}}}}}}}}}});
        answer("machine.device_power.devices", {{"devices", {{{"device", "psu"}, {"status", "on"}}}}});
    }
    void clear_bed() { REQUIRE(outcome_of(ask(confirm_bed_clear{})).has_value()); }
    // The script that the action became; answered with ok.
    std::string script_of(action what)
    {
        const auto id = ask(std::move(what));
        const auto script = open("printer.gcode.script").params.at("script").get<std::string>();
        answer("printer.gcode.script", "ok");
        CHECK(outcome_of(id).has_value());
        return script;
    }
};

} // namespace

TEST_CASE("numbers in G-code are short and have a point", "[moonraker]")
{
    CHECK(gcode_number(10) == "10");
    CHECK(gcode_number(-0.05) == "-0.05");
    CHECK(gcode_number(0.00001) == "0");
    CHECK(gcode_number(-0.00001) == "0");
    CHECK(gcode_number(1234.56789) == "1234.5679");
}

TEST_CASE("scripts by hand save the state before and restore it after", "[moonraker]")
{
    CHECK(move_script({'x', -10.5, std::nullopt}) ==
          "SAVE_GCODE_STATE NAME=layerline_hand\nM220 S100\nG91\n"
          "G1 X-10.5 F3000\nRESTORE_GCODE_STATE NAME=layerline_hand");
    CHECK(move_script({'z', 1, 120}).find("G1 Z1 F120\n") != std::string::npos);
    CHECK(extrude_script({0, 5, std::nullopt}) == "SAVE_GCODE_STATE NAME=layerline_hand\nM83\nG1 E5 F300\n"
                                                  "RESTORE_GCODE_STATE NAME=layerline_hand");
    CHECK(fan_script(0) == "M107");
    CHECK(fan_script(0.5) == "M106 S128");
    CHECK(speed_script(1.255) == "M220 S125.5");
    CHECK(flow_script(0.95) == "M221 S95");
    CHECK(babystep_script(-0.025, true) == "SET_GCODE_OFFSET Z_ADJUST=-0.025 MOVE=1");
    CHECK(light_script("neopixel case", true) == "SET_LED LED=case RED=1 GREEN=1 BLUE=1 WHITE=1");
    CHECK(light_script("output_pin caselight", false) == "SET_PIN PIN=caselight VALUE=0");
}

TEST_CASE("a macro's parameters cannot become anything else", "[moonraker]")
{
    const auto good = macro_script({"clean_nozzle", {{"times", "3"}, {"text", "two words"}, {"none", ""}}});
    REQUIRE(good.has_value());
    CHECK(*good == "CLEAN_NOZZLE TIMES=\"3\" TEXT=\"two words\" NONE=\"\"");
    for (const auto* value : {"a\nG28", "a\"b", "a'b", "a;b", "a#b", "a\\b", "{x}", "a*b", "\xC5\xBF"})
        CHECK(macro_script({"M", {{"P", value}}}).has_error());
    for (const auto* name : {"", "A B", "A\nG28", "A;", "-A", "\xC5\xBF"}) {
        CHECK(macro_script({name, {}}).has_error());
        CHECK(macro_script({"M", {{name, "1"}}}).has_error());
    }
    CHECK(macro_script({"M", {{"P", std::string(300, 'x')}}}).has_error());
}

TEST_CASE("a console line is one command, read as Klipper reads it", "[moonraker]")
{
    CHECK(console_script("g28 x ; home", false, limits).value() == "g28 x");
    CHECK(console_script("SET_FAN_SPEED FAN=a SPEED=0.5", false, limits).has_value());
    for (const auto* start : {"SDCARD_PRINT_FILE FILENAME=a", "sdcard_print_file filename=a", "M23 a.gcode",
                              "M24", "N5 M24", "SDCARD_PRINT_FILE*3", "  M24", "M24X", "M112", "PAUSE*1",
                              "resume", "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=300"})
        CHECK(refused(start) == printer_errc::unsupported);
    for (const auto* bad : {"", "   ", "; nothing", "G28\nM24", "G28\tX",
                            "\xC5\xBF"
                            "DCARD_PRINT_FILE FILENAME=a"})
        CHECK(refused(bad) == printer_errc::out_of_range);
    CHECK(refused(std::string(300, 'G')) == printer_errc::out_of_range);
    CHECK(refused("M104 S260") == printer_errc::out_of_range);
    CHECK(refused("m190 s91") == printer_errc::out_of_range);
    CHECK(console_script("M104 S250", false, limits).has_value());
    for (const auto* upset : {"G1 X5", "T1", "M84", "FIRMWARE_RESTART", "CLEAN_NOZZLE", "SAVE_CONFIG", "M83"})
        CHECK(refused(upset, true) == printer_errc::wrong_state);
    for (const auto* calm : {"M117 hello", "M106 S50", "STATUS", "SET_LED LED=a RED=1"})
        CHECK(console_script(calm, true, limits).has_value());
    CHECK(begins_a_print("sdcard_print_file FILENAME=\"a\""));
    CHECK_FALSE(begins_a_print("RESUME"));
}

TEST_CASE("what a Klipper offers comes from its own objects and lists", "[moonraker]")
{
    const full_bench full;
    const auto can = full.desk->capabilities();
    for (const auto* all : {"move_axis", "extrude", "set_fan", "set_speed", "set_flow", "babystep",
                            "release_motors", "level_bed", "set_light", "set_power", "run_gcode", "run_macro",
                            "exclude_object", "answer_prompt"}) {
        INFO(all);
        CHECK(can.can(all));
    }
    moonraker_bench plain;
    plain.ready();
    for (const auto* none : {"level_bed", "set_light", "set_power", "run_macro"})
        CHECK_FALSE(plain.desk->capabilities().can(none));
    const auto state = full.state();
    CHECK(state.speed_factor == 1.5);
    CHECK(state.flow_factor == 0.95);
    CHECK(state.z_offset_mm == 0.25);
    CHECK(state.lights == std::vector<light_state>{{"case", true}, {"caselight", false}});
    CHECK(state.objects == std::vector<print_object>{{"CUBE_1", false, true}, {"CUBE_2", true, false}});
}

TEST_CASE("moving by hand needs a homed axis and no print, and leaves a bed to be looked at", "[moonraker]")
{
    full_bench bench;
    bench.clear_bed();
    CHECK(bench.script_of(move_axis{'y', 5, {}}).find("G1 Y5 F3000") != std::string::npos);
    CHECK_FALSE(bench.state().bed_clear);
    CHECK_FALSE(bench.memory.bed_clear);
    bench.status({{"toolhead", {{"homed_axes", "xy"}}}});
    CHECK(bench.code_of(move_axis{'z', 5, {}}) == printer_errc::wrong_state);
    CHECK(bench.code_of(move_axis{'q', 5, {}}) == printer_errc::out_of_range);
    CHECK(bench.code_of(move_axis{'x', 501, {}}) == printer_errc::out_of_range);
    CHECK(bench.code_of(extrude_filament{1, 5, {}}) == printer_errc::unsupported);
    CHECK(bench.code_of(set_speed{6}) == printer_errc::out_of_range);
    bench.print();
    for (const action& what : {action(move_axis{'x', 5, {}}), action(extrude_filament{0, 5, {}}),
                               action(release_motors{}), action(level_bed{}), action(run_macro{"CLEAN", {}}),
                               action(set_power{"psu", false}), action(run_gcode{"G1 X5"})})
        CHECK(bench.code_of(what) == printer_errc::wrong_state);
    CHECK(bench.script_of(set_fan{1}) == "M106 S255");
    CHECK(bench.script_of(set_speed{0.5}) == "M220 S50");
    CHECK(bench.script_of(babystep{0.05}) == "SET_GCODE_OFFSET Z_ADJUST=0.05 MOVE=0");
    bench.status({{"print_stats", {{"state", "paused"}}}});
    CHECK(bench.script_of(extrude_filament{0, -5, {}}).find("G1 E-5 F300") != std::string::npos);
}

TEST_CASE("a move after a print that a person has seen to does not bring its end back", "[moonraker]")
{
    full_bench bench;
    bench.print();
    bench.status({{"print_stats", {{"state", "cancelled"}}}});
    CHECK(bench.state().now == phase::cancelled);
    bench.clear_bed();
    CHECK(bench.state().now == phase::idle);
    bench.script_of(move_axis{'x', 5, {}});
    CHECK_FALSE(bench.state().bed_clear);
    CHECK(bench.state().now == phase::idle);
}

TEST_CASE("a move that was refused half-way leaves the modes as they were", "[moonraker]")
{
    full_bench bench;
    const auto id = bench.ask(move_axis{'x', 400, {}});
    bench.refuse("printer.gcode.script", 400, "Move out of range: 401.000 2.000 3.000 [0.000]");
    const auto& out = bench.outcome_of(id);
    REQUIRE(out.has_error());
    CHECK(out.error().code == printer_errc::refused);
    CHECK(out.error().detail.starts_with("Move out of range"));
    CHECK(bench.open("printer.gcode.script").params.at("script") ==
          "RESTORE_GCODE_STATE NAME=layerline_hand");
    bench.refuse("printer.gcode.script", 400, "Unknown g-code state: layerline_hand");
    CHECK_FALSE(bench.state().wants);
}

TEST_CASE("babysteps have a bound in all", "[moonraker]")
{
    full_bench bench;
    bench.status({{"gcode_move", {{"homing_origin", {0, 0, 1.9, 0}}}}});
    CHECK(bench.code_of(babystep{0.2}) == printer_errc::out_of_range);
    CHECK(bench.script_of(babystep{0.1}).find("Z_ADJUST=0.1") != std::string::npos);
    CHECK(bench.script_of(babystep{-0.5}).find("Z_ADJUST=-0.5") != std::string::npos);
}

TEST_CASE("lights, power devices, macros and parts are those that there are", "[moonraker]")
{
    full_bench bench;
    CHECK(bench.script_of(set_light{"case", false}) == "SET_LED LED=case RED=0 GREEN=0 BLUE=0 WHITE=0");
    CHECK(bench.code_of(set_light{"beeper", true}) == printer_errc::unsupported);
    CHECK(bench.code_of(set_power{"fridge", true}) == printer_errc::unsupported);
    const auto power = bench.ask(set_power{"psu", false});
    CHECK(bench.open("machine.device_power.post_device").params ==
          json{{"device", "psu"}, {"action", "off"}});
    bench.answer("machine.device_power.post_device", {{"psu", "off"}});
    CHECK(bench.outcome_of(power).has_value());
    CHECK(bench.script_of(run_macro{"Clean", {{"times", "2"}}}) == "CLEAN TIMES=\"2\"");
    CHECK(bench.code_of(run_macro{"PAUSE", {}}) == printer_errc::unsupported);
    CHECK(bench.code_of(exclude_object{"CUBE_1"}) == printer_errc::wrong_state);
    bench.print();
    CHECK(bench.script_of(exclude_object{"CUBE_1"}) == "EXCLUDE_OBJECT NAME=\"CUBE_1\"");
    CHECK(bench.code_of(exclude_object{"CUBE_9"}) == printer_errc::out_of_range);
}

TEST_CASE("power is switched while Klipper is away", "[moonraker]")
{
    full_bench bench;
    bench.notify("notify_klippy_disconnected");
    CHECK(bench.code_of(set_fan{1}) == printer_errc::host_gone);
    const auto power = bench.ask(set_power{"psu", true});
    bench.refuse("machine.device_power.post_device", 400, "Unable to change power for psu while printing");
    CHECK(bench.outcome_of(power).error().code == printer_errc::refused);
}

TEST_CASE("a console line's answer is what Klipper said meanwhile", "[moonraker]")
{
    full_bench bench;
    bench.notify("notify_gcode_response", json::array({"// before"}));
    const auto id = bench.ask(run_gcode{"GET_POSITION"});
    CHECK(bench.code_of(run_gcode{"STATUS"}) == printer_errc::refused);
    bench.notify("notify_gcode_response", json::array({"// mcu: x:0\n// stepper: 5"}));
    bench.answer("printer.gcode.script", "ok");
    REQUIRE(bench.outcome_of(id).has_value());
    CHECK(bench.outcome_of(id)->reply == "// mcu: x:0\n// stepper: 5");

    // Klipper says "ok" to what it does not know.
    const auto unknown = bench.ask(run_gcode{"NOPE_CMD"});
    bench.notify("notify_gcode_response", json::array({"// Unknown command:\"NOPE_CMD\""}));
    bench.answer("printer.gcode.script", "ok");
    CHECK(bench.outcome_of(unknown).error().code == printer_errc::unsupported);

    bench.script_of(move_axis{'x', 1, {}});
    CHECK(bench.code_of(run_gcode{"G28"}) == printer_errc::bed_not_clear);
    const auto slow = bench.ask(run_gcode{"M190 S60"});
    bench.notify("notify_gcode_response", json::array({"B:41.0 /60.0"}));
    bench.pass(2s);
    REQUIRE(bench.outcome_of(slow).has_value());
    CHECK(bench.outcome_of(slow)->reply == "B:41.0 /60.0");
    CHECK_FALSE(bench.outcome_of(slow)->note.empty());
}

TEST_CASE("a prompt is answered with its button's G-code, once", "[moonraker]")
{
    full_bench bench;
    CHECK(bench.code_of(answer_prompt{0}) == printer_errc::wrong_state);
    const auto hear = [&](const std::string& line) {
        bench.notify("notify_gcode_response", json::array({line}));
    };
    const auto show = [&] {
        hear("// action:prompt_begin Change");
        hear("// action:prompt_button Go on|RESUME");
        hear("// action:prompt_button Other|SDCARD_PRINT_FILE FILENAME=x.gcode");
        hear("// action:prompt_show");
    };
    show();
    REQUIRE(bench.state().wants);
    CHECK(bench.state().wants->buttons == std::vector<std::string>{"Go on", "Other"});
    CHECK(bench.code_of(answer_prompt{2}) == printer_errc::out_of_range);
    CHECK(bench.code_of(answer_prompt{1}) == printer_errc::unsupported);
    CHECK(bench.script_of(answer_prompt{0}) == "RESUME");
    CHECK_FALSE(bench.state().wants);
    CHECK(bench.code_of(answer_prompt{0}) == printer_errc::wrong_state);
}

TEST_CASE("the bed is measured when it is clear and the head knows where it is", "[moonraker]")
{
    full_bench bench;
    CHECK(bench.code_of(move_axis{'x', 0.0 / 0.0, {}}) == printer_errc::out_of_range);
    bench.script_of(move_axis{'x', 1, {}});
    CHECK(bench.code_of(level_bed{}) == printer_errc::bed_not_clear);
    bench.clear_bed();
    CHECK(bench.script_of(level_bed{}) == "BED_MESH_CALIBRATE");
    bench.status({{"toolhead", {{"homed_axes", "xy"}}}});
    CHECK(bench.code_of(level_bed{}) == printer_errc::wrong_state);
}
