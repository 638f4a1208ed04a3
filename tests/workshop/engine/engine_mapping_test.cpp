// What the engine is asked for, and the project that says it.
#include "engine_samples.hpp"

#include "workshop/engine/corner_discs.hpp"
#include "workshop/engine/engine_process.hpp"
#include "workshop/engine/engine_project.hpp"
#include "workshop/models/three_mf.hpp"
#include "workshop/models/zip_archive.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace layerline::tests;
using namespace layerline::workshop;
using nlohmann::json;

namespace {

std::string failing_field(const json& sent)
{
    const auto plan = engine_plan_of(sent);
    if (plan.has_value()) return "none";
    CHECK(plan.error().code == slice_errc::bad_value);
    return plan.error().field;
}

std::string setting(const json& sent, const char* key)
{
    const auto plan = engine_plan_of(sent);
    if (plan.has_error()) FAIL(plan.error().field + ": " + plan.error().text);
    const auto hit = plan->settings.find(key);
    return hit != plan->settings.end() ? hit->second : "not set";
}

std::string entry(const std::string& archive, const std::string& name)
{
    std::string text;
    auto open = zip_archive::open(archive);
    REQUIRE(open.has_value());
    REQUIRE(open->read(name,
                       [&text](std::string_view part) -> model_result<void> {
                           text += part;
                           return {};
                       })
                .has_value());
    return text;
}

} // namespace

TEST_CASE("regions become layer ranges without gaps, with their own heights and speeds", "[engine]")
{
    auto sent = full_slice_data();
    sent["regionSettings"][0].update({{"layerHeight", 100}, {"outerWallSpeed", 17}, {"extruder", 1}});
    const auto plan = engine_plan_of(sent);
    REQUIRE(plan.has_value());
    REQUIRE(plan->volumes.size() == 2);
    const auto& ranges = plan->volumes[0].ranges;
    REQUIRE(ranges.size() >= 4);
    CHECK(ranges.front().from_mm == 0);
    for (std::size_t at = 1; at < ranges.size(); ++at)
        CHECK(ranges[at].from_mm == ranges[at - 1].to_mm);
    CHECK(ranges.front().settings.at("layer_height") == "0.25");
    CHECK(ranges.front().settings.at("external_perimeter_speed") == "30");
    CHECK(ranges.front().settings.at("fill_density") == "100%");
    std::size_t users = 0;
    for (const auto& one : ranges) {
        if (one.settings.at("layer_height") != "0.1") continue;
        ++users;
        CHECK(one.settings.at("external_perimeter_speed") == "17");
        CHECK(one.settings.at("fill_density") == "30%");
        CHECK(one.settings.at("fill_pattern") == "rectilinear");
        CHECK(one.settings.at("extruder") == "2");
    }
    CHECK(users == 1);
    for (const auto& one : plan->volumes[1].ranges)
        CHECK(one.settings.at("layer_height") != "0.1");
}

TEST_CASE("the owner's code never reaches the engine", "[engine]")
{
    auto sent = full_slice_data();
    for (const char* field : {"startGcode", "endGcode", "changeLayerGcode", "customGcode"})
        sent["gcode"][field] = {"M117 {evil} [layer_z]"};
    sent["multiExtrusion"] = {{"preSwitchCode", {"M117 {evil}"}}, {"postSwitchCode", {"M117 {evil}"}}};
    const auto plan = engine_plan_of(sent);
    REQUIRE(plan.has_value());
    const auto text = settings_text(plan->settings);
    CHECK(text.find("evil") == std::string::npos);
    CHECK(text.find(std::string("start_gcode = ") + start_mark + "\n") != std::string::npos);
}

TEST_CASE("a material's name can add no line or setting", "[engine]")
{
    auto sent = full_slice_data();
    sent["extruders"][0]["material"] = "PLA; x\npost_process = /bin/sh";
    const auto plan = engine_plan_of(sent);
    if (plan.has_error()) return; // refused is well, too
    const auto& type = plan->settings.at("filament_type");
    CHECK(type.find_first_of("\n\r= /") == std::string::npos);
    CHECK(std::count(type.begin(), type.end(), ';') == 1); // between the two
}

TEST_CASE("a brim's width is that of lines which overlap", "[engine]")
{
    auto sent = full_slice_data();
    sent["brim"]["lines"] = 20;
    const double spacing = 0.48 - 0.25 * (1 - 3.14159265358979 / 4);
    const double width = std::stod(setting(sent, "brim_width"));
    CHECK(std::floor(width / spacing) == 20);
}

TEST_CASE("skirt and brim are asked of the extruder that prints first", "[engine]")
{
    auto sent = full_slice_data();
    sent["model"][0]["extruder"] = 1;
    sent["regionSettings"][0]["extruder"] = -1;
    CHECK(failing_field(sent) == "none"); // the second model is printed by extruder 0
    sent["model"][1]["extruder"] = 1;
    CHECK(failing_field(sent) == "skirt.extruder");
    sent["skirt"]["extruder"] = 1;
    CHECK(failing_field(sent) == "brim.extruder");
    sent["brim"]["extruder"] = 1;
    CHECK(failing_field(sent) == "none");
}

TEST_CASE("a raft is printed wholly by its extruder", "[engine]")
{
    auto sent = full_slice_data();
    sent["support"] = nullptr;
    sent["raft"]["extruder"] = 1;
    CHECK(setting(sent, "support_material_extruder") == "2");
    CHECK(setting(sent, "support_material_interface_extruder") == "2");
    CHECK(setting(sent, "raft_layers") == "4");
    sent["support"] = {{"supportPlatform", true}};
    CHECK(failing_field(sent) == "raft.extruder");
}

TEST_CASE("a bottom or top that is not solid is open where skin has no section", "[engine]")
{
    auto sent = full_slice_data();
    sent.erase("skin");
    CHECK(setting(sent, "bottom_solid_layers") == "2");
    CHECK(setting(sent, "top_solid_layers") == "3");
    sent["bottom"]["solid"] = sent["top"]["solid"] = false;
    CHECK(setting(sent, "bottom_solid_layers") == "0");
    CHECK(setting(sent, "top_solid_layers") == "0");
}

TEST_CASE("a wipe tower is asked for as the engine takes it, or refused", "[engine]")
{
    auto sent = full_slice_data();
    sent["layers"]["wipeTowerSize"] = 30000;
    CHECK(setting(sent, "wipe_tower") == "1");
    CHECK(setting(sent, "use_relative_e_distances") == "1");
    CHECK(setting(sent, "layer_gcode") == "G92 E0");
    // 30 x 30 mm at layers of 0.2: so much is wiped at each change that the tower is a square.
    CHECK(setting(sent, "wiping_volumes_matrix") == "0,180,180,0");
    CHECK(setting(sent, "filament_minimal_purge_on_wipe_tower") == "0,0");
    for (const auto& [section, change] : std::vector<std::pair<std::string, json>>{
             {"layers", {{"sequentialMode", true}}},
             {"gcode", {{"gcodeFlavour", "GCODE_FLAVOR_MACH3"}}},
             {"gcode", {{"gcodeFlavour", "GCODE_FLAVOR_REPRAP_VOLUMATRIC"}}}}) {
        auto other = sent;
        other[section].update(change);
        INFO(change.dump());
        CHECK(failing_field(other) == "layers.wipeTowerSize");
    }
    sent["extruders"][1]["nozzleSize"] = 600;
    CHECK(failing_field(sent) == "layers.wipeTowerSize");
}

TEST_CASE("a spiral refuses what a region asks of it", "[engine]")
{
    auto sent = full_slice_data();
    sent["model"].erase(1);
    sent["layers"]["spiralize"] = true;
    CHECK(failing_field(sent) == "regionSettings[0].infillAmount");
    sent["regionSettings"][0]["infillAmount"] = -1;
    CHECK(failing_field(sent) == "none");
    sent["regionSettings"][0]["outerWallSpeed"] = 20;
    CHECK(failing_field(sent) == "regionSettings[0].outerWallSpeed");
}

TEST_CASE("what is done only nearly is told", "[engine]")
{
    CHECK(engine_plan_of(full_slice_data())->notes.empty());
    auto sent = full_slice_data();
    sent["raft"]["baseSpeed"] = 20;
    const auto notes = engine_plan_of(sent)->notes;
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].starts_with("raft.baseSpeed is approximate: "));
}

TEST_CASE("a project is read back with its models where they stand", "[engine]")
{
    const auto all = plan_request(full_slice_data());
    REQUIRE(all.has_value());
    const auto plan = plan_engine(all->data, all->volumes);
    REQUIRE(plan.has_value());
    std::string archive;
    REQUIRE(write_engine_project(*plan, all->volumes, [&archive](std::string_view bytes) {
        archive += bytes;
        return true;
    }));
    const auto back = read_three_mf(archive);
    REQUIRE(back.has_value());
    REQUIRE(back->triangles.size() == 24);
    const auto box = extent_of(*back);
    CHECK(box.least.x == Approx(60));
    CHECK(box.most.x == Approx(140));
    CHECK(box.least.z == 0);
    CHECK(box.most.z == Approx(8));
    const auto ranges = entry(archive, "Metadata/Prusa_Slicer_layer_config_ranges.xml");
    CHECK(ranges.find("<range min_z=\"0\" max_z=\"0.5\">") != std::string::npos);
    CHECK(entry(archive, "Metadata/Slic3r_PE_model.config").find("layerline-1") != std::string::npos);
    // Whoever takes the bytes may stop it.
    CHECK(!write_engine_project(*plan, all->volumes, [](std::string_view) { return false; }));
}

TEST_CASE("sharp corners have their discs, blunt ones none", "[engine]")
{
    auto all = plan_request(full_slice_data());
    REQUIRE(all.has_value());
    auto volumes = all->volumes;
    add_corner_discs(volumes, all->data);
    const auto box = extent_of(all->volumes[0].shape), wider = extent_of(volumes[0].shape);
    CHECK(wider.least.x < box.least.x);
    CHECK(wider.most.z == box.most.z);
    CHECK(volumes[0].shape.triangles.size() > all->volumes[0].shape.triangles.size());
    volumes = all->volumes;
    all->data["absSupport"]["activationAngle"] = 60;
    add_corner_discs(volumes, all->data);
    CHECK(volumes[0].shape.triangles.size() == all->volumes[0].shape.triangles.size());
}

TEST_CASE("of what the engine says, progress is told from words", "[engine]")
{
    CHECK(engine_progress("70 => Infilling layers") == 0.7);
    CHECK(engine_progress("100 => ") == 1.0);
    for (const char* other : {"", "101 => x", "-1 => x", "x => 3", "70 =>", "99999999999999999999 => x"})
        CHECK(!engine_progress(other));
    const auto words = engine_words("10 => Processing\nIt does not fit.\x1b[31m\nNothing was done.\n");
    CHECK(words.starts_with("It does not fit."));
    CHECK(words.find('\x1b') == std::string::npos);
    CHECK(words.find("Processing") == std::string::npos);
    CHECK(engine_words(std::string(100'000, 'x')).size() <= 610);
}

TEST_CASE("the engine's version is found behind the lines of its log", "[engine]")
{
    CHECK(engine_version_in(
              "[2026-11-23 02:01:09] [0x0] [trace]   Initializing\nPrusaSlicer-2.5.0+x based on\n") ==
          "PrusaSlicer-2.5.0+x");
    CHECK(engine_version_in("PrusaSlicer-2.6.1") == "PrusaSlicer-2.6.1");
    CHECK(engine_version_in("[2026-11-23 02:01:09] no such thing").empty());
    CHECK(engine_version_in("PrusaSlicer-" + std::string(1000, '1')).size() == 100);
}

TEST_CASE("bridges are supported as any surface that hangs over, by the extruder that was asked for",
          "[engine]")
{
    auto sent = full_slice_data();
    sent["raft"] = nullptr;
    sent["support"] = {{"supportEverywhere", true}, {"extruder", 1}};
    CHECK(setting(sent, "dont_support_bridges") == "0");
    CHECK(setting(sent, "support_material_extruder") == "2");
    CHECK(setting(sent, "support_material_buildplate_only") == "0");
}
