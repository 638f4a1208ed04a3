// Over what the real engine writes. Left out where it is not installed.
#include "gcode/metadata.hpp"
#include "tests/workshop/finishing/engine_run.hpp"
#include "tests/workshop/finishing/finishing_samples.hpp"
#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/gcode_check.hpp"

#include <sstream>

using namespace layerline::workshop;
using namespace layerline::tests;

namespace {

struct print {
    json data;
    std::vector<micron> heights;
    engine_settings settings;
    std::vector<box_mm> boxes;
    std::string engine;
    std::string text;
    finished done;
    std::vector<std::size_t> wide_layers = {}; // empty: all are

    check_report check(const std::string& of) const
    {
        auto wanted = expect(data, finishing_plan_of(data, heights), boxes, settings);
        wanted.wide_layers = wide_layers;
        return check_text(std::move(wanted), done.user_lines, of);
    }
};

print printed(const json& data, std::vector<micron> heights, engine_settings settings,
              const std::vector<std::string>& stls)
{
    print all{data, std::move(heights), std::move(settings), {}, {}, {}, {}};
    std::string said;
    const auto engine = engine_gcode(stls, all.settings, said);
    if (!engine) FAIL(said);
    all.engine = *engine;
    auto made = finish_text(finishing_plan_of(data, all.heights), {}, *engine);
    if (made.has_error()) FAIL(text_of(made.error()));
    all.text = std::move(made->first);
    all.done = std::move(made->second);
    return all;
}

// A box of 20 by 30 mm in the middle of the bed.
print printed(const json& data, micron height, engine_settings settings)
{
    const double mm = static_cast<double>(height) / 1000;
    auto all = printed(data, {height}, std::move(settings), {box_stl(20, 30, mm)});
    all.boxes = {{90, 85, 0, 110, 115, mm}};
    return all;
}

std::vector<std::vector<std::string>> layers_of(const std::string& text)
{
    std::vector<std::vector<std::string>> layers(1);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line == ";LAYER_CHANGE") layers.emplace_back();
        layers.back().push_back(line);
    }
    return layers;
}

bool has(const std::vector<std::string>& lines, const std::string& wanted)
{
    return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

std::string replaced(std::string text, const std::string& from, const std::string& to,
                     const std::string& behind)
{
    const auto at = text.find(from, text.find(behind));
    if (at == std::string::npos) FAIL("no " + from);
    return text.replace(at, from.size(), to);
}

bool tells(const check_report& report, const std::string& part)
{
    for (const auto& one : report.mismatches)
        if (one.text.find(part) != std::string::npos) return true;
    return false;
}

} // namespace

TEST_CASE("a box from the engine, with all that finishing does, is as it was asked for",
          "[finishing][engine]")
{
    if (!engine_is_here()) return;
    const auto data = finishing_data([](json& all) {
        all["bottom"]["numberOfLayers"] =
            1; // the engine was given no ranges: it slows down in the first alone
        all["fan"] = {{"min", 20}, {"max", 100}, {"fullSpeedLayer", 5}};
        all["movement"]["speedupLayers"] = 4;
        all["movement"]["smart"] = true;
        all["movement"]["minFactor"] = 30;
        all["layers"]["layerCoolingTime"] = 2;
        all["layers"]["firstLayersAmount"] = 90;
        all["gcode"]["startGcode"] = {"G28 ; {if layer_num > 3}", "M117 [temperature]"};
        all["gcode"]["endGcode"] = {"G1 X0 Y200", "M84 {nonsense"};
        all["gcode"]["changeLayerGcode"] = {"M117 layer"};
        all["gcode"]["customGcode"] = {"G1 X0 Y0 F9000", "M240"};
        all["gcode"]["repeatEvery"] = 4;
    });
    auto settings = plain_settings();
    for (const char* relative : {"0", "1"}) {
        settings["use_relative_e_distances"] = relative;
        if (*relative == '1') settings["layer_gcode"] = "G92 E0";
        const auto all = printed(data, 2000, settings);
        const auto layers = layers_of(all.text);
        REQUIRE(layers.size() == 11);
        CHECK(has(layers[0], "G28 ; {if layer_num > 3}"));
        CHECK(has(layers[0], "M117 [temperature]"));
        CHECK(has(layers[10], "M84 {nonsense"));
        for (std::size_t layer = 1; layer <= 10; ++layer) {
            CHECK(has(layers[layer], "M117 layer"));
            CHECK(has(layers[layer], "M240") == (layer % 4 == 0));
            CHECK(has(layers[layer], "G4 P2000") == (layer < 10));
        }
        CHECK(has(layers[1], "M107"));
        CHECK(has(layers[2], "M106 S102"));
        CHECK(has(layers[5], "M106 S255"));
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(report.layers == 10);
        CHECK(report.seconds == Approx(all.done.seconds));
        CHECK(report.filament_mm.at(0) == Approx(all.done.filament_mm.at(0)));
    }
}

TEST_CASE("whatever is changed in a file of the engine is found", "[finishing][engine]")
{
    if (!engine_is_here()) return;
    const auto data = finishing_data([](json& all) { all["bottom"]["numberOfLayers"] = 1; });
    const auto all = printed(data, 2000, plain_settings());
    INFO(json_of(all.check(all.text)).dump(1));
    REQUIRE(all.check(all.text).good());
    CHECK(tells(all.check(replaced(all.text, "\nG1 X", "\nG1 X-9 Y5 E999\nG1 X", ";Z:1\n")), "X -9 mm"));
    CHECK(tells(all.check(replaced(all.text, "\nG1 F3600", "\nG1 F3700", ";Z:1\n")), "61.67 mm/s"));
    CHECK(tells(all.check(replaced(all.text, "\nG1 Z1 ", "\nG1 Z1.1 ", ";Z:1\n")), "at a height of 1.1 mm"));
    CHECK(tells(all.check(replaced(all.text, "M104 S205", "M104 S245", ";Z:0.4\n")), "heated to 245"));
    CHECK(tells(all.check(replaced(all.text, "perimeters = 2", "perimeters = 3", "_config = begin")),
                "perimeters = 3"));
    const auto cut = all.check(all.text.substr(0, all.text.find(";Z:1.2\n")));
    CHECK(tells(cut, "does not tell its setting"));
    // And where the engine was asked for other things than the request says.
    auto coarse = plain_settings();
    coarse["layer_height"] = "0.25";
    const auto wrong = printed(data, 2000, coarse);
    CHECK(tells(wrong.check(wrong.text), "is planned at 0.45 mm"));
    auto fast = plain_settings();
    fast["infill_speed"] = "90";
    const auto hurried = printed(data, 2000, fast);
    CHECK(tells(hurried.check(hurried.text), "It prints at 90 mm/s"));
    auto hot = plain_settings();
    hot["temperature"] = "240";
    const auto burnt = printed(data, 2000, hot);
    CHECK(tells(burnt.check(burnt.text), "heated to 240"));
    auto large = plain_settings();
    large["bed_shape"] = "0x0,400x0,400x400,0x400";
    const auto beside = printed(data, 2000, large); // in the middle of a larger bed
    CHECK(tells(beside.check(beside.text), "where it does not stand"));
}

TEST_CASE("a raft is printed below the planned layers, and a spiral and a pointed tip are as planned",
          "[finishing][engine]")
{
    if (!engine_is_here()) return;
    SECTION("raft")
    {
        const auto data = finishing_data([](json& all) {
            all["bottom"]["numberOfLayers"] = 1;
            all["raft"] = {{"fanSpeed", 40}};
            all["fan"] = {{"min", 60}, {"max", 60}, {"fullSpeedLayer", 2}};
        });
        auto settings = plain_settings();
        settings["raft_layers"] = "3";
        settings["first_layer_speed_over_raft"] = "30";
        const auto all = printed(data, 2000, settings);
        const auto layers = layers_of(all.text);
        CHECK(has(layers[1], "M106 S102"));
        CHECK(has(layers[4], "M107"));
        CHECK(has(layers[5], "M106 S153"));
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(report.layers == 10);
        CHECK(all.done.layers > 12);
    }
    SECTION("spiral")
    {
        const auto data = finishing_data([](json& all) {
            all["bottom"]["numberOfLayers"] = 1;
            all["layers"]["spiralize"] = true;
            all["layers"]["layerCoolingTime"] = 4;
        });
        auto settings = plain_settings();
        for (const auto& [key, value] : engine_settings{{"spiral_vase", "1"},
                                                        {"perimeters", "1"},
                                                        {"top_solid_layers", "0"},
                                                        {"fill_density", "0%"},
                                                        {"ensure_vertical_shell_thickness", "0"},
                                                        {"thin_walls", "0"}})
            settings[key] = value;
        const auto all = printed(data, 4000, settings);
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(all.done.notes.size() == 1); // no waiting
    }
    SECTION("tip")
    {
        const auto data = finishing_data([](json& all) { all["bottom"]["numberOfLayers"] = 1; });
        auto all = printed(data, {10000}, plain_settings(), {cone_stl(4, 10)});
        CHECK_FALSE(all.check(all.text).good()); // of a model that is as wide up to its top
        // 0.24 mm around its axis up to a height of 9.4: the middle of layer 47 is at 9.3.
        all.wide_layers = {47};
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
    }
    SECTION("support that has layers of its own")
    {
        const auto data = finishing_data([](json& all) {
            all["bottom"]["numberOfLayers"] = 1;
            all["support"] = {{"supportEverywhere", true}};
        });
        auto settings = plain_settings();
        settings["support_material"] = "1";
        settings["support_material_contact_distance"] = "0.13";
        settings["support_material_interface_speed"] = "60";
        const auto all = printed(data, {10000}, settings, {box_stl(8, 8, 6) + box_stl(30, 30, 10, 5)});
        CHECK(all.done.layers > 50);
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(report.layers == 50);
    }
}

TEST_CASE("models beside each other and one after the other have each its own layers", "[finishing][engine]")
{
    if (!engine_is_here()) return;
    for (const bool one_by_one : {false, true}) {
        const auto data = finishing_data([&](json& all) {
            all["bottom"]["numberOfLayers"] = 1;
            all["model"].push_back(all["model"][0]);
            all["model"][1]["settings"] = 7;
            all["layers"]["sequentialMode"] = one_by_one;
            all["fan"] = {{"min", 60}, {"max", 60}, {"fullSpeedLayer", 2}};
            all["regionSettings"] = {
                {{"id", 7}, {"startHeight", 1000}, {"endHeight", 1400}, {"fanSpeed", 100}}};
        });
        auto settings = plain_settings();
        settings["complete_objects"] = one_by_one ? "1" : "0";
        const auto all = printed(data, {2000, 3000}, settings, {box_stl(10, 10, 2), box_stl(10, 10, 3)});
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(report.layers == (one_by_one ? 25 : 15));
        // At 1.2 mm the second model alone has the fan at its full speed.
        std::string fan, model;
        bool asked = false;
        double z = 0;
        std::istringstream in(all.text);
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with(";Z:")) z = std::stod(line.substr(3));
            if (line.starts_with("M106") || line == "M107") fan = line;
            if (line.starts_with("; printing object ")) model = line.substr(18, 11);
            if (line.starts_with("; stop printing")) model.clear();
            if (model.empty() || !line.starts_with("G1 X") || line.find(" E") == std::string::npos) continue;
            const bool own = model == "layerline-1" && z > 1.1 && z < 1.5;
            asked = asked || own;
            if (fan != (z < 0.3 ? "M107" : own ? "M106 S255" : "M106 S153"))
                FAIL(model << " at " << z << ": " << fan);
        }
        CHECK(asked);
        // A file in which one model ends too early, or is another's, is none that was asked for.
        auto other = finishing_plan_of(data, {3000, 2000});
        CHECK_FALSE(check_text(expect(data, other, {}, {}), all.done.user_lines, all.text).good());
    }
}

TEST_CASE("the owner's code stands around each change of tools, and each tool gets its heat",
          "[finishing][engine]")
{
    if (!engine_is_here()) return;
    const auto data = finishing_data([](json& all) {
        all["extruders"].push_back({{"temperature", 220}, {"firstLayersTemperature", 225}});
        all["multiExtrusion"] = {{"preSwitchCode", {"M117 before"}}, {"postSwitchCode", {"M117 after"}}};
        all["retraction"]["extruderSwitch"] = 10000;
    });
    auto settings = plain_settings();
    for (const auto& [key, value] :
         engine_settings{{"nozzle_diameter", "0.4,0.4"},
                         {"filament_diameter", "1.75,1.75"},
                         {"temperature", "205,220"},
                         {"first_layer_temperature", "210,225"},
                         {"bed_temperature", "60,60"},
                         {"first_layer_bed_temperature", "65,65"},
                         {"retract_length", "2,2"},
                         {"retract_speed", "40,40"},
                         {"retract_length_toolchange", "10,10"},
                         {"infill_extruder", "2"},
                         {"solid_infill_extruder", "2"},
                         {"solid_infill_speed", "30"},
                         {"perimeter_speed", "30"},
                         {"external_perimeter_speed", "30"},
                         {"infill_speed", "30"},
                         {"toolchange_gcode", ";LAYERLINE:BEFORE_TOOL\\nT[next_extruder]\\n"
                                              ";LAYERLINE:AFTER_TOOL"}})
        settings[key] = value;
    const auto all = printed(data, {2000}, settings, {box_stl(20, 30, 2)});
    std::vector<std::string> lines;
    std::istringstream in(all.text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    int changes = 0;
    for (std::size_t at = 1; at + 1 < lines.size(); ++at)
        if (lines[at] == "T1" && lines[at - 1] == "M117 before" && lines[at + 1] == "M117 after") ++changes;
    CHECK(changes >= 5);
    const auto layers = layers_of(all.text);
    CHECK_FALSE(has(layers[2], "M104 S220 T1"));
    CHECK(has(layers[3], "M104 S220 T1"));
    CHECK(has(layers[3], "M104 S205 T0"));
    CHECK(all.done.filament_mm.size() == 2);
    const auto report = all.check(all.text);
    INFO(json_of(report).dump(1));
    CHECK(report.good());
}

TEST_CASE("every flavour that the engine writes is finished and read back", "[finishing][engine]")
{
    if (!engine_is_here()) return;
    struct row {
        const char *asked, *engine, *cubic, *fan, *wait, *heat;
    };
    for (const auto& one :
         {row{"GCODE_FLAVOR_REPRAP", "reprap", "0", "M106 S255", "G4 P3000", "M104 S205"},
          row{"GCODE_FLAVOR_REPRAP_VOLUMATRIC", "reprap", "1", "M106 S255", "G4 P3000", "M104 S205"},
          row{"GCODE_FLAVOR_MAKERBOT", "makerware", "0", "M126", "G4 P3000", "M104 S205"},
          row{"GCODE_FLAVOR_MACH3", "mach3", "0", "M106 P255", "G4 P3", "M104 P205"},
          row{"GCODE_FLAVOR_LINUXCNC", "machinekit", "0", "M106 P255", "G4 P3", "M104 P205"}}) {
        const auto data = finishing_data([&](json& all) {
            all["gcode"]["gcodeFlavour"] = one.asked;
            all["fan"] = {{"min", 50}, {"max", 100}, {"fullSpeedLayer", 3}};
            all["layers"]["layerCoolingTime"] = 3;
            all["layers"]["firstLayersAmount"] = 80;
            all["bottom"]["numberOfLayers"] = 1;
        });
        auto settings = plain_settings();
        settings["gcode_flavor"] = one.engine;
        settings["use_volumetric_e"] = one.cubic;
        const auto all = printed(data, 2000, settings);
        INFO(one.asked);
        const auto layers = layers_of(all.text);
        CHECK(has(layers.at(3), one.fan));
        CHECK(has(layers.at(3), one.wait));
        CHECK(has(layers.at(2), one.heat));
        const auto report = all.check(all.text);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        CHECK(report.layers == 10);
        CHECK(report.seconds > 27);
        CHECK(report.filament_mm.at(0) == Approx(365.6).margin(0.5));
    }
}

TEST_CASE("a tower where tools are wiped is no faster than anything was asked to be", "[finishing][engine]")
{
    if (!engine_is_here()) return;
    const auto data = finishing_data([](json& all) {
        all["extruders"].push_back(all["extruders"][0]);
        all["multiExtrusion"] = json::object();
        all["layers"]["wipeTowerSize"] = 40000;
        all["bottom"]["numberOfLayers"] = 1;
        all["retraction"]["extruderSwitch"] = 10000;
    });
    auto settings = plain_settings();
    for (const auto& [key, value] :
         engine_settings{{"nozzle_diameter", "0.4,0.4"},
                         {"filament_diameter", "1.75,1.75"},
                         {"temperature", "205,205"},
                         {"first_layer_temperature", "210,210"},
                         {"bed_temperature", "60,60"},
                         {"first_layer_bed_temperature", "65,65"},
                         {"retract_length", "2,2"},
                         {"retract_speed", "40,40"},
                         {"retract_length_toolchange", "10,10"},
                         {"infill_extruder", "2"},
                         {"wipe_tower", "1"},
                         {"wipe_tower_width", "40"},
                         {"wipe_tower_x", "140"},
                         {"wipe_tower_y", "140"},
                         {"single_extruder_multi_material", "0"},
                         {"single_extruder_multi_material_priming", "0"},
                         {"use_relative_e_distances", "1"},
                         {"layer_gcode", "G92 E0"},
                         {"toolchange_gcode", ";LAYERLINE:BEFORE_TOOL\\nT[next_extruder]\\n"
                                              ";LAYERLINE:AFTER_TOOL"}})
        settings[key] = value;
    const auto all = printed(data, {2000}, settings, {box_stl(20, 30, 2)});
    const auto report = all.check(all.text);
    INFO(json_of(report).dump(1));
    CHECK(report.good());
    CHECK(all.text.find(";TYPE:Wipe tower") != std::string::npos);
}
