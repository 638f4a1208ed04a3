// G-code through the real service and the real engine: a matrix of models and settings, every result read
// back; what cannot be done has its code.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <numbers>

#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

bool engine_installed()
{
    if (::access("/usr/bin/prusa-slicer", X_OK) == 0) return true;
    WARN("prusa-slicer is not installed: not tested here");
    return false;
}

// Nothing that takes long, nothing around the model.
json base_request(const std::string& file)
{
    auto data = good_slice_data();
    data["responseId"] = "r1";
    data["model"][0]["hash"] = file;
    data["extruders"][0] = {{"temperature", 205}, {"firstLayersTemperature", 210}};
    data["bed"]["temperature"] = 60;
    for (const char* off : {"raft", "support"})
        data[off] = nullptr;
    return data;
}

json with(json data, const json& change)
{
    for (const auto& [name, value] : change.items()) {
        if (value.is_object() && data[name].is_object())
            data[name].update(value);
        else
            data[name] = value; // null: off
    }
    return data;
}

json over(const workshop_rig& at, const json& data)
{
    const auto begun = at.ask("POST", "/slices/v1", slice_text(data), "application/json");
    INFO(begun.body);
    if (begun.status == 400) return begun.json();
    REQUIRE(begun.status == 202);
    const std::string id = begun.json()["id"];
    const auto events = at.ask("GET", "/slices/v1/" + id + "/events");
    const auto last = events.body.rfind("data: ");
    REQUIRE(last != std::string::npos);
    return json::parse(events.body.substr(last + 6, events.body.find('\n', last) - last - 6));
}

std::string gcode_of(const workshop_rig& at, const json& told)
{
    const auto answer = at.ask("GET", "/slices/v1/" + told["id"].get<std::string>() + "/result");
    REQUIRE(answer.status == 200);
    return answer.body;
}

json region(int id, double from, double to, const json& more)
{
    json one{{"id", id}, {"startHeight", from}, {"endHeight", to}};
    one.update(more);
    return one;
}

struct variation {
    const char* name;
    json change;
};

std::vector<variation> variations()
{
    const json two{{"extruders", json::array({{{"temperature", 205}}, {{"temperature", 200}}})},
                   {"multiExtrusion", json::object()}};
    auto second = two;
    second["model"] = json::array();
    return {
        {"defaults", json::object()},
        {"fine layers", {{"layers", {{"layerHeight", 100}}}, {"bottom", {{"layerHeight", 150}}}}},
        {"coarse layers", {{"layers", {{"layerHeight", 300}}}, {"top", {{"layerHeight", 300}}}}},
        {"one wall", {{"layers", {{"numberOutlines", 1}}}}},
        {"full", {{"infill", {{"amount", 100}, {"overlap", 25}}}}},
        {"full and concentric", {{"infill", {{"amount", 100}, {"pattern", "INFILL_CONCENTRIC"}}}}},
        {"empty", {{"infill", nullptr}}},
        {"grid", {{"infill", {{"amount", 20}, {"pattern", "INFILL_GRID"}}}}},
        {"lines", {{"infill", {{"amount", 30}, {"pattern", "INFILL_LINES"}}}}},
        {"honeycomb", {{"infill", {{"amount", 20}, {"pattern", "INFILL_HONEYCOMB"}}}}},
        {"triangles", {{"infill", {{"amount", 20}, {"pattern", "INFILL_TRIANGLES"}}}}},
        {"support everywhere", {{"support", {{"supportEverywhere", true}, {"activationAngle", 45}}}}},
        {"support from the bed", {{"support", {{"supportPlatform", true}, {"pattern", 1}, {"amount", 20}}}}},
        {"raft", {{"raft", json::object()}}},
        {"raft and support", {{"raft", json::object()}, {"support", {{"supportEverywhere", true}}}}},
        {"brim", {{"brim", {{"lines", 5}}}}},
        {"no skirt", {{"skirt", {{"lineCount", 0}}}}},
        {"spiral", {{"layers", {{"spiralize", true}}}}},
        {"simple", {{"layers", {{"simpleMode", true}}}}},
        {"no retraction", {{"retraction", nullptr}}},
        {"lift", {{"retraction", {{"zHop", 400}, {"amount", 1000}, {"speed", 35}}}}},
        {"combing", {{"movement", {{"combing", true}}}}},
        {"draft shield", {{"movement", {{"oozeShield", true}}}}},
        {"quick",
         {{"movement",
           {{"printSpeed", 100},
            {"infillSpeed", 120},
            {"innerWallSpeed", 90},
            {"outerWallSpeed", 70},
            {"travelSpeed", 150}}}}},
        {"paced", {{"movement", {{"smart", true}, {"minimalSeconds", 10}, {"maximalSeconds", 60}}}}},
        {"fan off", {{"fan", nullptr}}},
        {"smart fan", {{"fan", {{"smart", true}}}}},
        {"waits", {{"bottom", {{"layerDelay", 2}}}, {"layers", {{"layerCoolingTime", 1}}}}},
        {"little at first", {{"layers", {{"firstLayersAmount", 80}}}}},
        {"many bottom layers", {{"bottom", {{"numberOfLayers", 6}, {"speed", 15}}}}},
        {"open bottom and top", {{"bottom", {{"solid", false}}}, {"top", {{"solid", false}}}}},
        {"skin", {{"skin", {{"upSkinCount", 2}, {"downSkinCount", 4}, {"upSkinSpeed", 25}}}}},
        {"no skin", {{"skin", {{"skin", false}}}}},
        {"each fifth solid", {{"layers", {{"solidLayers", 5}}}}},
        {"own code",
         {{"gcode", {{"changeLayerGcode", {"M117 layer"}}, {"customGcode", {"M105"}}, {"repeatEvery", 5}}}}},
        {"macros in own code",
         {{"gcode", {{"startGcode", {"G28", "M117 {layer_num} [bed_temperature]"}}, {"endGcode", {"M84"}}}}}},
        {"corner discs", {{"absSupport", {{"radius", 3000}}}}},
        {"volumetric", {{"gcode", {{"gcodeFlavour", "GCODE_FLAVOR_REPRAP_VOLUMATRIC"}}}}},
        {"finish", {{"model", json::array({{{"finish", 4000}}})}}},
        {"cut off", {{"bottom", {{"cutOff", 1500}}}}},
    };
}

} // namespace

TEST_CASE("every setting on every shape makes G-code that is what was asked for", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at("[jobs]\nat_once = 2\n");
    auto cone = workshop::shapes::sphere(9, 3);
    const std::vector<std::pair<std::string, workshop::mesh>> shapes{
        {"box", workshop::shapes::box(18, 14, 6)}, {"ball", workshop::shapes::sphere(6, 3)}};
    std::size_t made = 0;
    for (const auto& [name, shape] : shapes) {
        const auto file = at.upload(workshop::binary_stl(shape));
        for (const auto& one : variations()) {
            auto change = one.change;
            if (change.contains("model")) change["model"][0]["hash"] = file;
            const auto told = over(at, with(base_request(file), change));
            INFO(name << ", " << one.name << ": " << told.dump(1).substr(0, 3000));
            CHECK(told["status"] == 200);
            if (told["status"] != 200) continue;
            ++made;
            CHECK(told["data"]["time"] > 0);
            CHECK(told["data"]["amount"] > 0);
            CHECK(told["data"]["check"]["mismatchCount"] == 0);
        }
    }
    CHECK(made >= 60);
}

TEST_CASE("regions have their own heights, speeds, filling and extruder, and the code at their layers",
          "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    auto data = base_request(at.upload(workshop::binary_stl(workshop::shapes::box(20, 20, 12))));
    data["model"][0]["settings"] = 7;
    data["extruders"].push_back({{"temperature", 200}});
    data["multiExtrusion"] = {{"preSwitchCode", {"M117 before"}}, {"postSwitchCode", {"M117 after"}}};
    data["regionSettings"] = json::array(
        {region(7, 2000, 5000, {{"layerHeight", 100}, {"outerWallSpeed", 20}, {"infillAmount", 50}}),
         region(7, 7000, 9000, {{"extruder", 1}, {"fanSpeed", 10}, {"coolingTime", 1}})});
    const auto told = over(at, data);
    INFO(told.dump(1));
    REQUIRE(told["status"] == 200);
    const auto gcode = gcode_of(at, told);
    CHECK(gcode.find("\nT1") != std::string::npos);
    CHECK(gcode.find("M117 before") < gcode.find("M117 after"));
    CHECK(gcode.find("G4 ") != std::string::npos);
    // 2 of 0.25, then 0.2 up to the region, which begins at a whole layer.
    CHECK(gcode.find(";HEIGHT:0.1\n") != std::string::npos);
    const auto layers = at.ask("GET", "/slices/v1/" + told["id"].get<std::string>() + "/layers").json();
    CHECK(layers["layers"] == told["data"]["layers"]);
    const auto third = at.ask("GET", "/slices/v1/" + told["id"].get<std::string>() + "/layers/3");
    CHECK(third.status == 200);
    CHECK(third.body.starts_with("LLP1"));
}

TEST_CASE("what is filled wholly takes as much filament as its volume", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    struct solid {
        const char* name;
        workshop::mesh shape;
        double volume_mm3;
    };
    const std::vector<solid> solids{
        {"box", workshop::shapes::box(20, 20, 10), 4000},
        {"ball", workshop::shapes::sphere(10, 4), 4.0 / 3 * std::numbers::pi * 1000}};
    for (const auto& one : solids) {
        auto data = base_request(at.upload(workshop::binary_stl(one.shape)));
        data["skirt"] = nullptr;
        data["infill"] = {{"amount", 100}, {"overlap", 15}};
        data["layers"]["layerHeight"] = 100;
        data["bottom"]["layerHeight"] = 100;
        data["bottom"]["firstLayersWidthFactor"] = 100;
        data["top"]["layerHeight"] = 100;
        const auto told = over(at, data);
        INFO(one.name << told.dump(1));
        REQUIRE(told["status"] == 200);
        const double printed = told["data"]["amount"].get<double>() * std::numbers::pi * 1.75 * 1.75 / 4;
        CHECK(printed == Approx(one.volume_mm3).epsilon(0.03));
    }
}

TEST_CASE("two models stand where they were put, each with its extruder, one after the other if asked",
          "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    const auto file = at.upload(workshop::binary_stl(workshop::shapes::box(10, 10, 3)));
    auto data = base_request(file);
    data["model"] =
        json::array({{{"hash", file}, {"position", {{"x", -30000}, {"y", 0}}}},
                     {{"hash", file}, {"position", {{"x", 30000}, {"y", 20000}}}, {"extruder", 1}}});
    data["extruders"].push_back({{"temperature", 200}});
    data["multiExtrusion"] = json::object();
    for (const bool sequential : {false, true}) {
        data["layers"]["sequentialMode"] = sequential;
        const auto told = over(at, data);
        INFO(told.dump(1));
        CHECK(told["status"] == 200);
    }
}

TEST_CASE("what the engine cannot do is refused by its field, not passed over", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    const auto file = at.upload(workshop::binary_stl(workshop::shapes::box(10, 10, 3)));
    struct refusal {
        const char* field;
        json change;
    };
    const json two{{"extruders", json::array({{{"temperature", 205}}, {{"temperature", 205}}})},
                   {"multiExtrusion", json::object()}};
    auto skirt = two, brim = two, overlap = two;
    skirt["skirt"] = {{"extruder", 1}};
    brim["brim"] = {{"extruder", 1}};
    overlap["multiExtrusion"]["dualOverlap"] = 300;
    auto raised = json::array({{{"hash", file}, {"position", {{"z", 2000}}}}});
    const std::vector<refusal> all{
        {"support.supportModel", {{"support", {{"supportModel", true}}}}},
        {"gcode.gcodeFlavour", {{"gcode", {{"gcodeFlavour", "GCODE_FLAVOR_BFB"}}}}},
        {"skirt.extruder", skirt},
        {"brim.extruder", brim},
        {"multiExtrusion.dualOverlap", overlap},
        {"model[0].position.z", {{"model", raised}}}};
    for (const auto& one : all) {
        const auto told = over(at, with(base_request(file), one.change));
        INFO(one.field << ": " << told.dump(1));
        CHECK(told["status"] == 400);
        CHECK(told["data"]["field"] == one.field);
    }
}

TEST_CASE("an engine that is not there, crashes, talks without end or takes too long is 500 in words",
          "[gcode]")
{
    const temp_folder scripts;
    const auto script = [&](const char* name, const std::string& text) {
        const auto file = scripts.path() / name;
        std::ofstream(file) << "#!/bin/sh\n" << text;
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
        return file.string();
    };
    struct broken {
        std::string engine, words;
    };
    const std::vector<broken> all{{"/nowhere/prusa-slicer", "install the package prusa-slicer"}};
    for (const auto& one : all) {
        const workshop_rig at("[slicing]\nengine = \"" + one.engine + "\"\n");
        const auto file = at.upload(workshop::binary_stl(workshop::shapes::box(10, 10, 3)));
        const auto told = over(at, base_request(file));
        INFO(told.dump(1));
        CHECK(told["status"] == 500);
        CHECK(told["data"]["msg"].get<std::string>().find(one.words) != std::string::npos);
        // What needs no engine still works.
        CHECK(over(at, with(base_request(file), {{"mode", "svg"}}))["status"] == 200);
    }
}
