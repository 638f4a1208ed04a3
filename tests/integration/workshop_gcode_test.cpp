// G-code through the real service and the real engine: a matrix of models and settings, every result read
// back; what cannot be done has its code.
#include "virtual_print.hpp"
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <string_view>

#include <poll.h>
#include <sys/syscall.h>
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

json ended(const workshop_rig& at, const std::string& id)
{
    const auto events = at.ask("GET", "/slices/v1/" + id + "/events");
    const auto last = events.body.rfind("data: ");
    REQUIRE(last != std::string::npos);
    return json::parse(events.body.substr(last + 6, events.body.find('\n', last) - last - 6));
}

json over(const workshop_rig& at, const json& data)
{
    const auto begun = at.ask("POST", "/slices/v1", slice_text(data), "application/json");
    INFO(begun.body);
    if (begun.status == 400) return begun.json();
    REQUIRE(begun.status == 202);
    return ended(at, begun.json()["id"]);
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

// The engine among the processes that this one began, and those that they did; -1 for none.
pid_t engine_below(pid_t parent)
{
    const auto folder = "/proc/" + std::to_string(parent);
    if (content_of(folder + "/comm").starts_with("prusa-slicer")) return parent;
    std::error_code gone;
    for (std::filesystem::directory_iterator at(folder + "/task", gone), end; !gone && at != end;
         at.increment(gone)) {
        std::ifstream in(at->path() / "children");
        for (pid_t one = 0; in >> one;)
            if (const auto found = engine_below(one); found >= 0) return found;
    }
    return -1;
}

pid_t wait_for_engine(const workshop_rig& at, const std::string& id)
{
    for (;;) {
        const auto told = at.ask("GET", "/slices/v1/" + id).json();
        REQUIRE((told["state"] == "queued" || told["state"] == "running"));
        // Before that it is only asked for its version.
        if (told["progress"] < 0.15) continue;
        if (const auto engine = engine_below(at.service->pid()); engine >= 0) return engine;
    }
}

// A slice that takes the engine many seconds.
std::string begun_large(const workshop_rig& at)
{
    auto data = base_request(at.upload(workshop::binary_stl(workshop::shapes::sphere(60, 7))));
    data["layers"]["layerHeight"] = 60;
    data["top"]["layerHeight"] = 60;
    const auto begun = at.ask("POST", "/slices/v1", slice_text(data), "application/json");
    REQUIRE(begun.status == 202);
    return begun.json()["id"];
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

// Slices it, looks at what is told of the result, and gives that to the virtual printer's firmware. The
// filament that this printed, in mm; 0 if there was no result.
double sliced_and_printed(const workshop_rig& at, const json& data, const std::string& name)
{
    const auto told = over(at, data);
    INFO(name << ": " << told.dump(1).substr(0, 3000));
    CHECK(told["status"] == 200);
    if (told["status"] != 200) return 0;
    CHECK(told["data"]["time"] > 0);
    CHECK(told["data"]["amount"] > 0);
    CHECK(told["data"]["check"]["mismatchCount"] == 0);
    const auto printed = print_virtually(gcode_of(at, told));
    CHECK(printed.complaints == std::vector<std::string>());
    CHECK(printed.ended_with.empty());
    CHECK(printed.unknown_commands == 0);
    CHECK(printed.cold_extrusions == 0);
    CHECK(printed.lines > 100);
    return printed.filament_mm;
}

} // namespace

TEST_CASE("every setting on every shape makes G-code that is what was asked for, and that a printer takes",
          "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at("[jobs]\nat_once = 2\n");
    const std::vector<std::pair<std::string, workshop::mesh>> shapes{
        {"box", workshop::shapes::box(18, 14, 6)}, {"ball", workshop::shapes::sphere(6, 3)}};
    std::size_t made = 0;
    double printed_mm = 0;
    for (const auto& [name, shape] : shapes) {
        const auto file = at.upload(workshop::binary_stl(shape));
        for (const auto& one : variations()) {
            auto change = one.change;
            if (change.contains("model")) change["model"][0]["hash"] = file;
            const double mm =
                sliced_and_printed(at, with(base_request(file), change), name + ", " + one.name);
            made += mm > 0 ? 1 : 0;
            printed_mm += mm;
        }
    }
    CHECK(made >= 60);
    CHECK(printed_mm > 1000);
}

TEST_CASE("the models that come with the engine are sliced as asked, and a printer takes them", "[gcode]")
{
    const std::filesystem::path shapes = "/usr/share/PrusaSlicer/shapes";
    if (!engine_installed() || !std::filesystem::exists(shapes)) return;
    const workshop_rig at("[jobs]\nat_once = 2\n");
    std::size_t made = 0;
    for (const auto& entry : std::filesystem::directory_iterator(shapes)) {
        if (entry.path().extension() != ".stl") continue;
        const auto file = at.upload(content_of(entry.path()));
        for (const auto& change :
             {json({{"layers", {{"layerHeight", 300}}}}), json({{"layers", {{"layerHeight", 250}}},
                                                                {"support", {{"supportEverywhere", true}}},
                                                                {"raft", json::object()}})}) {
            const auto name = entry.path().filename().string() + ", " + change.dump();
            made += sliced_and_printed(at, with(base_request(file), change), name) > 0 ? 1 : 0;
        }
    }
    CHECK(made >= 20);
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

TEST_CASE("a tower is printed where extruders are wiped, at the speeds that were asked for", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    const auto file = at.upload(workshop::binary_stl(workshop::shapes::box(10, 10, 3)));
    auto data = base_request(file);
    data["model"] = json::array({{{"hash", file}, {"position", {{"x", -20000}}}},
                                 {{"hash", file}, {"position", {{"x", 20000}}}, {"extruder", 1}}});
    data["extruders"].push_back({{"temperature", 205}, {"firstLayersTemperature", 210}});
    data["multiExtrusion"] = json::object();
    for (const int size : {5000, 30000}) { // a small one wipes little: it is no long strip
        data["layers"]["wipeTowerSize"] = size;
        const auto told = over(at, data);
        INFO(told.dump(1));
        CHECK(told["status"] == 200);
        CHECK(gcode_of(at, told).find(";TYPE:Wipe tower") != std::string::npos);
    }
    data["model"][1]["settings"] = 1;
    data["regionSettings"] = json::array({region(1, 1000, 2000, {{"layerHeight", 100}})});
    const auto other = over(at, data);
    INFO(other.dump(1));
    CHECK(other["status"] == 400);
    CHECK(other["data"]["field"] == "layers.wipeTowerSize");
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

TEST_CASE("an engine that is not there, refuses, crashes or takes too long is 500 in words", "[gcode]")
{
    if (!engine_installed()) return;
    struct broken {
        const char *toml, *words;
        int triangles;
    };
    const std::array<broken, 5> all{
        {{"[slicing]\nengine = \"/nowhere/prusa-slicer\"\n", "install the package prusa-slicer", 3},
         {"[slicing]\nengine = \"/usr/bin/false\"\n", "The engine refused it (1)", 3},
         {"[slicing]\nengine = \"/usr/bin/true\"\n", "The engine wrote no G-code", 3},
         {"[jobs]\nmemory_mb = 128\n", "of memory", 6},
         {"[jobs]\ncpu_s = 1\n", "CPU time", 7}}};
    for (const auto& one : all) {
        const workshop_rig at(one.toml);
        const auto file = at.upload(workshop::binary_stl(workshop::shapes::sphere(20, one.triangles)));
        const auto told = over(at, base_request(file));
        INFO(one.toml << told.dump(1));
        CHECK(told["status"] == 500);
        CHECK(told["data"]["msg"].get<std::string>().find(one.words) != std::string::npos);
        if (std::string_view(one.words) == "of memory") continue; // nothing works with so little
        // What needs no engine still works.
        auto svg = base_request(at.upload(workshop::binary_stl(workshop::shapes::box(10, 10, 3))));
        svg["mode"] = "svg";
        CHECK(over(at, svg)["status"] == 200);
    }
}

TEST_CASE("a slice that takes longer than a job may is ended, and told", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at("[jobs]\ntime_s = 1\n");
    auto data = base_request(at.upload(workshop::binary_stl(workshop::shapes::sphere(60, 7))));
    data["layers"]["layerHeight"] = 60;
    data["top"]["layerHeight"] = 60;
    const auto told = over(at, data);
    INFO(told.dump(1));
    CHECK(told["state"] == "failed");
    CHECK(told["status"] == 500);
    CHECK(told["data"]["msg"].get<std::string>().find("longer than") != std::string::npos);
}

TEST_CASE("an engine that crashes in the middle is 500, once, with the signal", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    const auto id = begun_large(at);
    REQUIRE(::kill(wait_for_engine(at, id), SIGSEGV) == 0);
    const auto told = ended(at, id);
    INFO(told.dump(1));
    CHECK(told["status"] == 500);
    CHECK(told["data"]["msg"].get<std::string>().find("The engine crashed (signal 11)") == 0);
    CHECK(told["data"]["steps"].back()["code"] == -2);
    CHECK(at.ask("GET", "/slices/v1/" + id + "/result").status == 409);
}

TEST_CASE("a slice is cancelled within a second, the engine with it", "[gcode]")
{
    if (!engine_installed()) return;
    const workshop_rig at;
    const auto id = begun_large(at);
    const auto engine = wait_for_engine(at, id);
    const int watched = static_cast<int>(::syscall(SYS_pidfd_open, engine, 0));
    REQUIRE(watched >= 0);
    CHECK(at.ask("DELETE", "/slices/v1/" + id).json()["state"] == "cancelled");
    pollfd end{watched, POLLIN, 0};
    CHECK(::poll(&end, 1, 1000) == 1);
    ::close(watched);
    CHECK(at.ask("GET", "/slices/v1/" + id).json()["state"] == "cancelled");
}
