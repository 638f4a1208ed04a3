// The engine's process: with the real engine where it is installed, and with programs that behave badly.
#include "engine_samples.hpp"

#include "workshop/engine/engine_process.hpp"
#include "workshop/engine/engine_project.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <unistd.h>

using namespace layerline::tests;
using namespace layerline::workshop;
using nlohmann::json;

namespace {

class work_folder {
public:
    work_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "layerline-engine-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    work_folder(const work_folder&) = delete;
    work_folder& operator=(const work_folder&) = delete;
    ~work_folder()
    {
        std::error_code fault;
        std::filesystem::remove_all(path_, fault);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

constexpr const char* engine = "/usr/bin/prusa-slicer";

bool installed()
{
    if (::access(engine, X_OK) == 0) return true;
    WARN("prusa-slicer is not installed: not tested here");
    return false;
}

json small_data()
{
    auto sent = full_slice_data();
    for (const char* off : {"raft", "support", "brim", "absSupport"})
        sent[off] = nullptr;
    return sent;
}

// The real engine's G-code, line by line.
std::vector<std::string> sliced(const json& sent)
{
    const auto all = plan_request(sent);
    if (all.has_error()) FAIL(all.error().field + ": " + all.error().text);
    const auto plan = plan_engine(all->data, all->volumes);
    if (plan.has_error()) FAIL(plan.error().field + ": " + plan.error().text);
    const work_folder at;
    std::ofstream project(at.path() / project_file, std::ios::binary);
    REQUIRE(write_engine_project(*plan, all->volumes, [&project](std::string_view bytes) {
        return static_cast<bool>(project.write(bytes.data(), static_cast<std::streamsize>(bytes.size())));
    }));
    project.close();
    std::ofstream(at.path() / settings_file) << settings_text(plan->settings);
    engine_call call;
    call.program = engine;
    call.folder = at.path();
    double furthest = 0;
    bool back = false;
    call.progress = [&](double done) {
        back = back || done < furthest || done > 1;
        furthest = done;
    };
    const auto ran = run_engine(call);
    if (ran.has_error()) FAIL(ran.error().text);
    CHECK(!back);
    CHECK(furthest > 0.5);
    std::ifstream file(at.path() / engine_gcode_file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

// The tools that print what is of this type.
std::set<int> tools_of(const std::vector<std::string>& lines, std::string_view type)
{
    std::set<int> tools;
    int tool = 0;
    bool inside = false;
    for (const auto& line : lines) {
        if (line.starts_with("T")) tool = std::atoi(line.c_str() + 1);
        if (line.starts_with(";TYPE:")) inside = line.find(type) != std::string::npos;
        // A tower's lines have two spaces.
        const bool prints = line.find(" X") != std::string::npos && line.find(" E") != std::string::npos;
        if (inside && line.starts_with("G1 ") && prints) tools.insert(tool);
    }
    return tools;
}

double leftmost(const std::vector<std::string>& lines, bool around)
{
    double least = 1e9;
    bool inside = false;
    for (const auto& line : lines) {
        if (line.starts_with(";TYPE:")) inside = line == ";TYPE:Skirt/Brim";
        if (inside == around && line.starts_with("G1 X") && line.find(" E") != std::string::npos)
            least = std::min(least, std::atof(line.c_str() + 4));
    }
    return least;
}

// A call of another program than the engine, with the engine's arguments.
slice_result<void> run_other(const std::string& program, std::chrono::seconds time = std::chrono::seconds(60))
{
    const work_folder at;
    engine_call call;
    call.program = program;
    call.folder = at.path();
    call.time = time;
    return run_engine(call);
}

} // namespace

TEST_CASE("a brim has as many lines as were asked for", "[engine]")
{
    if (!installed()) return;
    auto sent = small_data();
    sent["model"].erase(1);
    sent["skirt"] = nullptr;
    for (const int lines : {1, 3, 8, 20}) {
        sent["brim"] = {{"lines", lines}};
        const auto gcode = sliced(sent);
        const double spacing = 0.48 - 0.25 * (1 - 3.14159265358979 / 4);
        CHECK(std::lround((leftmost(gcode, false) - leftmost(gcode, true)) / spacing) == lines);
    }
}

TEST_CASE("a raft is printed by its extruder alone, surface and all", "[engine]")
{
    if (!installed()) return;
    auto sent = small_data();
    sent["skirt"] = nullptr;
    sent["raft"] = {{"extruder", 1}};
    const auto gcode = sliced(sent);
    CHECK(tools_of(gcode, "Support material") == std::set<int>{1});
    CHECK(tools_of(gcode, "External perimeter") == std::set<int>{0});
}

TEST_CASE("a region's layers are as high and as fast as planned, by its extruder", "[engine]")
{
    if (!installed()) return;
    auto sent = small_data();
    sent["model"].erase(1);
    sent["skirt"] = nullptr;
    sent["regionSettings"][0].update({{"layerHeight", 100}, {"outerWallSpeed", 17}, {"extruder", 1}});
    std::map<std::string, std::set<std::string>> speeds; // of outer walls, by the layer's height
    std::map<std::string, std::size_t> layers;
    std::map<std::string, std::set<int>> tools;
    std::string height, feed;
    int tool = 0;
    bool outer = false;
    for (const auto& line : sliced(sent)) {
        if (line.starts_with("T")) tool = std::atoi(line.c_str() + 1);
        if (line == ";LAYER_CHANGE") height.clear();
        if (height.empty() && line.starts_with(";HEIGHT:")) {
            // The engine writes sums of floats: 0.0999999.
            height = std::to_string(std::lround(std::atof(line.c_str() + 8) * 1000));
            ++layers[height];
        }
        if (line.starts_with(";TYPE:")) outer = line == ";TYPE:External perimeter";
        if (const auto at = line.find(" F"); at != std::string::npos && line.starts_with("G1"))
            feed = line.substr(at + 2);
        if (outer && line.starts_with("G1 X") && line.find(" E") != std::string::npos) {
            speeds[height].insert(feed);
            tools[height].insert(tool);
        }
    }
    // 2 of 0.25 up to 0.5, 7 of 0.2 up to 1.9, then 0.1 from 2: what is left goes to default layers.
    CHECK(layers["250"] == 2);
    CHECK(layers["100"] >= 19);
    CHECK(layers["100"] <= 21);
    CHECK(speeds["250"] == std::set<std::string>{"1800"});
    CHECK(speeds["100"] == std::set<std::string>{"1020"});
    CHECK(speeds["200"] == std::set<std::string>{"2400"});
    CHECK(tools["100"] == std::set<int>{1});
    CHECK(tools["200"] == std::set<int>{0});
}

TEST_CASE("two tools are wiped at a tower", "[engine]")
{
    if (!installed()) return;
    auto sent = small_data();
    sent["model"][0].erase("settings");
    sent["model"][1]["extruder"] = 1;
    sent["layers"]["wipeTowerSize"] = 30000;
    const auto gcode = sliced(sent);
    CHECK(tools_of(gcode, "Wipe tower") == std::set<int>{0, 1});
}

TEST_CASE("the engine tells its version", "[engine]")
{
    if (!installed()) return;
    CHECK(ask_engine_version(engine).starts_with("PrusaSlicer-2."));
    CHECK(ask_engine_version("/nowhere/prusa-slicer").empty());
}

TEST_CASE("a program that refuses, does nothing or takes too long is told in words", "[engine]")
{
    const auto words_of = [](const slice_result<void>& ran) {
        if (ran.has_value()) return std::string("none");
        CHECK(ran.error().code == slice_errc::internal);
        return ran.error().text;
    };
    CHECK(words_of(run_other("/usr/bin/false")).starts_with("The engine refused it (1)"));
    CHECK(words_of(run_other("/usr/bin/true")).starts_with("The engine wrote no G-code"));
    // What it said stands in the reason.
    CHECK(words_of(run_other("/usr/bin/echo")).find("--dont-arrange") != std::string::npos);
    CHECK(words_of(run_other("/usr/bin/true", std::chrono::seconds(0))).find("longer than the 0 s") !=
          std::string::npos);
    CHECK(words_of(run_other("/nowhere/prusa-slicer")).find("install the package prusa-slicer") !=
          std::string::npos);
}
