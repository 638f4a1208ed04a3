#include "gcode/thumbnails.hpp"
#include "tests/workshop/finishing/finishing_samples.hpp"
#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/gcode_check.hpp"

#include <random>
#include <sstream>

using namespace layerline::workshop;
using namespace layerline::tests;

namespace {

struct outcome {
    std::string text;
    finished done;
    std::vector<std::string> lines;
};

outcome finished_file(const json& data, micron height, const std::string& engine)
{
    auto made = finish_text(finishing_plan_of(data, height), {}, engine);
    if (made.has_error()) FAIL(text_of(made.error()));
    outcome all{std::move(made->first), std::move(made->second), {}};
    std::istringstream in(all.text);
    for (std::string line; std::getline(in, line);)
        all.lines.push_back(line);
    return all;
}

// The lines of the n-th layer, counted from 1.
std::vector<std::string> layer_of(const outcome& made, int wanted)
{
    std::vector<std::string> lines;
    int layer = 0;
    for (const auto& line : made.lines) {
        if (line == ";LAYER_CHANGE") ++layer;
        if (layer == wanted) lines.push_back(line);
    }
    return lines;
}

long count(const std::vector<std::string>& lines, const std::string& wanted)
{
    return std::count(lines.begin(), lines.end(), wanted);
}

long position(const std::vector<std::string>& lines, const std::string& wanted)
{
    const auto hit = std::find(lines.begin(), lines.end(), wanted);
    return hit == lines.end() ? -1 : hit - lines.begin();
}

check_report checked(const json& data, micron height, const outcome& made, const std::string& text)
{
    return check_text(expect(data, finishing_plan_of(data, height), {{89, 89, 0, 111, 111, 10}},
                             {{"layer_height", "0.2"}, {"nozzle_diameter", "0.40"}}),
                      made.done.user_lines, text);
}

std::string faults(const check_report& report)
{
    return json_of(report).dump(1);
}

} // namespace

TEST_CASE("the owner's start and end stand word for word where the engine left room", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["gcode"]["startGcode"] = {"G28 ; home {if layer_num}", "  M420 S1", "START_PRINT BED=60"};
        all["gcode"]["endGcode"] = {"G1 X-5 Y900", "M84"};
    });
    const auto made = finished_file(data, 1000, engine_file(5));
    const auto start = position(made.lines, "G28 ; home {if layer_num}");
    REQUIRE(start > 0);
    CHECK(made.lines[static_cast<std::size_t>(start) + 1] == "  M420 S1");
    CHECK(made.lines[static_cast<std::size_t>(start) + 2] == "START_PRINT BED=60");
    CHECK(made.lines[static_cast<std::size_t>(start) + 3] == "M109 S210");
    const auto end = position(made.lines, "G1 X-5 Y900");
    REQUIRE(end > start);
    CHECK(made.lines[static_cast<std::size_t>(end) + 1] == "M84");
    CHECK(made.text.find("LAYERLINE:") == std::string::npos);
    CHECK(made.done.user_lines.size() == 2);
    CHECK(made.done.user_lines[0] ==
          line_run{static_cast<std::uint64_t>(start) + 1, static_cast<std::uint64_t>(start) + 3});
    const auto report = checked(data, 1000, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
    CHECK(report.layers == 5);
}

TEST_CASE("code of layers stands at the beginning of each, repeated code at every so many", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["gcode"]["changeLayerGcode"] = {"M117 next"};
        all["gcode"]["customGcode"] = {"M240"};
        all["gcode"]["repeatEvery"] = 2;
    });
    const auto made = finished_file(data, 1000, engine_file(5));
    for (int layer = 1; layer <= 5; ++layer) {
        const auto lines = layer_of(made, layer);
        CHECK(count(lines, "M117 next") == 1);
        CHECK(count(lines, "M240") == (layer % 2 == 0 ? 1 : 0));
        CHECK(position(lines, "M117 next") < 8);
    }
    const auto report = checked(data, 1000, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
}

TEST_CASE("after code of layers the head is where the engine believes it, in its modes", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["gcode"]["changeLayerGcode"] = {"G91", "G1 Z10 F600", "G90", "G1 X0 Y0", "G1 E-1", "M83"};
    });
    const auto made = finished_file(data, 1000, engine_file(5));
    const auto lines = layer_of(made, 3);
    const auto at = position(lines, "M83");
    REQUIRE(at > 0);
    const auto after = [&](long by) { return lines.at(static_cast<std::size_t>(at + by)); };
    CHECK(after(1) == "M82");
    CHECK(after(2) == "G92 E2.8");
    CHECK(after(3) == "G1 X90 Y90 F7200");
    CHECK(after(4) == "G1 Z0.4 F7200");
    const auto report = checked(data, 1000, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
}

TEST_CASE("the fan is off in the first layer, rises to its full speed and takes a region's own",
          "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["fan"] = {{"min", 20}, {"max", 100}, {"fullSpeedLayer", 5}};
        all["model"][0]["settings"] = 7;
        all["regionSettings"] = {{{"id", 7}, {"startHeight", 1000}, {"endHeight", 1400}, {"fanSpeed", 0}}};
    });
    const auto made = finished_file(data, 2000, engine_file(10));
    CHECK(count(layer_of(made, 1), "M107") == 1);
    CHECK(count(layer_of(made, 2), "M106 S102") == 1); // 20 + 80 / 4 = 40 %
    CHECK(count(layer_of(made, 3), "M106 S153") == 1);
    CHECK(count(layer_of(made, 5), "M106 S255") == 1);
    CHECK(count(layer_of(made, 6), "M107") == 1);
    CHECK(count(layer_of(made, 7), "M107") == 0);
    CHECK(count(layer_of(made, 8), "M106 S255") == 1);
}

TEST_CASE("a fan that follows the time of layers is faster where they are quick", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["fan"] = {{"min", 20},     {"max", 100},  {"fullSpeedLayer", 1},
                      {"smart", true}, {"factor", 1}, {"minimalSeconds", 42}};
    });
    auto plan = finishing_plan_of(data, 1000);
    const auto layer = layer_at(plan, 1000);
    REQUIRE(layer);
    CHECK(fan_percent(plan, *layer, 100) == 20);
    CHECK(fan_percent(plan, *layer, 32) == Approx(28)); // 10 s short, each a hundredth of 80
    CHECK(fan_percent(plan, *layer, std::nullopt) == 20);
    const auto made = finished_file(data, 1000, engine_file(5));
    CHECK(made.text.find("M106 S1") != std::string::npos); // about 54 %: 40 s short
}

TEST_CASE("after a layer the head waits above it, drawn back, and comes down again", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["bottom"]["layerDelay"] = 12;
        all["layers"]["layerCoolingTime"] = 3;
        all["model"][0]["settings"] = 7;
        all["regionSettings"] = {{{"id", 7}, {"startHeight", 600}, {"endHeight", 800}, {"coolingTime", 5}}};
    });
    const auto made = finished_file(data, 1200, engine_file(6));
    const auto first = layer_of(made, 1);
    const auto at = position(first, "G4 P10000");
    REQUIRE(at > 1);
    CHECK(first[static_cast<std::size_t>(at) - 2] == "G1 E0.8 F2400");
    CHECK(first[static_cast<std::size_t>(at) - 1] == "G1 Z2.2 F7200");
    CHECK(first[static_cast<std::size_t>(at) + 1] == "G4 P2000");
    CHECK(first[static_cast<std::size_t>(at) + 2] == "G1 Z0.2 F7200");
    CHECK(first[static_cast<std::size_t>(at) + 3] == "G1 E2.8 F2400");
    CHECK(count(layer_of(made, 3), "G4 P3000") == 1);
    CHECK(count(layer_of(made, 4), "G4 P5000") == 1);
    CHECK(made.done.seconds > 12 + 12 + 3 + 5 + 3);
    for (const auto& line : layer_of(made, 6))
        CHECK_FALSE(line.starts_with("G4")); // nothing comes after the last
    const auto report = checked(data, 1200, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
}

TEST_CASE("speeds rise from the bottom's to their own over so many layers", "[finishing]")
{
    const auto data = finishing_data([](json& all) { all["movement"]["speedupLayers"] = 5; });
    const auto made = finished_file(data, 1600, engine_file(8));
    CHECK(count(layer_of(made, 2), "G1 F1800") == 1);
    CHECK(count(layer_of(made, 3), "G1 F2520") == 1); // 30 + 30 * 2 / 5
    CHECK(count(layer_of(made, 5), "G1 F3240") == 1);
    CHECK(count(layer_of(made, 6), "G1 F3600") == 1);
    CHECK(count(layer_of(made, 3), "G1 X90 Y90 F7200") == 1); // travels as they were
    const auto report = checked(data, 1600, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
}

TEST_CASE("quick layers are slowed down as far as they may be", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["movement"]["smart"] = true;
        all["movement"]["minFactor"] = 50;
        all["movement"]["minimalSeconds"] = 2;
        all["movement"]["maximalSeconds"] = 100;
    });
    const auto made = finished_file(data, 800, engine_file(4));
    // 80 mm at 60 mm/s take about 1.4 s: slower than asked, but not down to half.
    for (const auto& line : layer_of(made, 3))
        if (line.starts_with("G1 F")) {
            const double feed = std::stod(line.substr(4));
            CHECK(feed < 3000);
            CHECK(feed > 1800);
        }
    CHECK(pace_factor({0.5, 1, 20, 100}, 5, 6) == 0.5);
    CHECK(pace_factor({0.1, 1, 20, 100}, 9, 11) == Approx(0.5));
    CHECK(pace_factor({0.5, 1.2, 20, 30}, 60, 61) == 1.2);
    CHECK(pace_factor({0.5, 1.2, 20, 30}, 31, 32) == Approx(31.0 / 29));
    CHECK(pace_factor({0.5, 1.2, 20, 30}, 20, 25) == 1);
}

TEST_CASE("less material in the bottom layers is less of E, in both of its modes", "[finishing]")
{
    const auto data = finishing_data([](json& all) { all["layers"]["firstLayersAmount"] = 50; });
    auto engine = engine_file(5);
    const auto made = finished_file(data, 1000, engine);
    CHECK(count(layer_of(made, 1), "G1 X90 Y90 E1.4") == 1);
    CHECK(count(layer_of(made, 3), "G1 X90 Y90 E2.8") == 1);
    CHECK(made.done.filament_mm.at(0) == Approx(2 * 1.4 + 3 * 2.8));
    CHECK(made.text.find("; filament used [mm] = 11.2\n") != std::string::npos);

    const auto replace = [&engine](const std::string& from, const std::string& to) {
        for (auto at = engine.find(from); at != std::string::npos; at = engine.find(from, at + to.size()))
            engine.replace(at, from.size(), to);
    };
    replace("M82", "M83");
    for (const char* e : {"E1.4", "E2.1", "E2.8"})
        replace(e, "E0.7");
    const auto relative = finished_file(data, 1000, engine);
    CHECK(count(layer_of(relative, 1), "G1 X90 Y90 E0.35") == 1);
    CHECK(count(layer_of(relative, 3), "G1 X90 Y90 E0.7") == 1);
    CHECK(relative.done.filament_mm.at(0) == Approx(11.2));
}

TEST_CASE("a retraction with hardly anything printed since the last one is left out", "[finishing]")
{
    const auto data =
        finishing_data([](json& all) { all["retraction"]["minimalExtrusionBeforeRetraction"] = 100; });
    auto engine = engine_head();
    engine +=
        ";LAYER_CHANGE\n;Z:0.2\n;HEIGHT:0.2\nG1 Z0.2 F7200\nG1 E-2 F2400\nG92 E0\nG1 X90 Y90 F7200\n"
        "G1 E2 F2400\n;TYPE:External perimeter\nG1 F1800\nG1 X91 Y90 E2.03\nG1 E0.03 F2400\nG92 E0\n"
        "G1 X95 Y90 F7200\nG1 E2 F2400\nG1 F1800\nG1 X110 Y90 E2.5\nG1 E0.5 F2400\nG92 E0\nG1 X90 Y95 F7200\n"
        "G1 E2 F2400\nG1 F1800\nG1 X110 Y95 E2.6\n";
    engine += square_layer("0.4", "1800") + square_layer("0.6") + square_layer("0.8") + engine_tail();
    const auto made = finished_file(data, 800, engine);
    const auto lines = layer_of(made, 1);
    CHECK(count(lines, "G1 E-2 F2400") == 1);
    CHECK(count(lines, "G1 E0.03 F2400") == 0); // 0.03 mm since the first
    CHECK(count(lines, "G1 X110 Y90 E0.5 F1800") + count(lines, "G1 X110 Y90 E0.5") == 1);
    CHECK(count(lines, "G1 E-1.5 F2400") == 1); // 0.53 mm since
    CHECK(made.done.filament_mm.at(0) == Approx(0.03 + 0.5 + 0.6 + 3 * 2.8));
    const auto report = checked(data, 800, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
}

TEST_CASE("temperatures change after the last bottom layer, not after the first", "[finishing]")
{
    const auto data = finishing_data();
    auto engine = engine_file(5);
    const auto second = engine.find("G1 Z0.400");
    REQUIRE(second != std::string::npos);
    engine.insert(second, "M104 S205\nM140 S60\n");
    const auto made = finished_file(data, 1000, engine);
    CHECK(count(layer_of(made, 2), "M104 S205") == 0);
    CHECK(count(layer_of(made, 3), "M104 S205") == 1);
    CHECK(count(layer_of(made, 3), "M140 S60") == 1);
    CHECK(count(made.lines, "M104 S205") == 1);
    const auto report = checked(data, 1000, made, made.text);
    INFO(faults(report));
    CHECK(report.good());
    // The engine's own file is found to change too early.
    CHECK_FALSE(checked(data, 1000, made, engine).good());
}

TEST_CASE("progress, time, picture and name of the slicer are in the file", "[finishing]")
{
    const auto data = finishing_data([](json& all) { all["layers"]["layerCoolingTime"] = 300; });
    std::string png("\x89PNG\r\n\x1a\n", 8);
    for (int at = 0; at < 500; ++at)
        png.push_back(static_cast<char>(at * 7));
    auto made = finish_text(finishing_plan_of(data, 1000), {{32, 24, png}}, engine_file(5));
    REQUIRE(made.has_value());
    const auto& text = made->first;
    CHECK(text.starts_with("; generated by PrusaSlicer 2.5.0 on behalf of Layerline"));
    CHECK(text.find("2026-11-23") == std::string::npos);
    layerline::gcode::thumbnail_reader pictures;
    std::istringstream in(text);
    std::vector<std::string> marks;
    bool head = true;
    for (std::string line; std::getline(in, line);) {
        head = head && pictures.take(line);
        if (line.starts_with("M73")) marks.push_back(line);
    }
    REQUIRE(pictures.found().size() == 1);
    CHECK(pictures.found()[0].width == 32);
    CHECK(pictures.found()[0].base64.starts_with("iVBORw0KGgo"));
    REQUIRE(marks.size() == 6);
    CHECK(marks[0] == "M73 P0 R20      ");
    CHECK(marks[3].starts_with("M73 P50 R10 "));
    CHECK(marks[5].starts_with("M73 P99 R0 "));
    CHECK(made->second.patches.size() == 6);
    CHECK(text.find("(normal mode) = 20m ") != std::string::npos);
}

TEST_CASE("two models in one layer have each its own fan", "[finishing]")
{
    const auto data = finishing_data([](json& all) {
        all["model"].push_back(all["model"][0]);
        all["model"][1]["settings"] = 7;
        all["fan"] = {{"min", 50}, {"max", 50}, {"fullSpeedLayer", 1}};
        all["regionSettings"] = {{{"id", 7}, {"startHeight", 400}, {"endHeight", 600}, {"fanSpeed", 100}}};
    });
    auto engine = engine_head();
    for (const char* z : {"0.2", "0.4", "0.6", "0.8", "1"})
        engine += square_layer(z, "1800") +
                  "; printing object layerline-1 id:1 copy 0\nG1 X120 Y90 F7200\n;TYPE:Perimeter\nG1 F1800\n"
                  "G1 X125 Y90 E3\n; stop printing object layerline-1 id:1 copy 0\n";
    engine += engine_tail();
    const auto made = finished_file(data, 1000, engine);
    const auto lines = layer_of(made, 3);
    const auto first = position(lines, "; printing object layerline-0 id:0 copy 0"),
               second = position(lines, "; printing object layerline-1 id:1 copy 0");
    std::string shown;
    for (const auto& line : lines)
        shown += line + "\n";
    INFO(shown);
    const auto slow = position(lines, "M106 S128");
    CHECK(std::abs(slow - first) == 1);
    CHECK(lines.at(static_cast<std::size_t>(second) - 1) == "M106 S255");
}

TEST_CASE("what comes out does not hang on how the bytes are cut", "[finishing]")
{
    const auto data = finishing_data([](json& all) { all["fan"] = json::object(); });
    const auto engine = engine_file(8);
    const auto whole = finished_file(data, 1600, engine);
    std::mt19937 chance(7);
    for (int round = 0; round < 20; ++round) {
        std::string text;
        finisher one(finishing_plan_of(data, 1600), {}, [&](std::string_view bytes) { text += bytes; });
        for (std::size_t at = 0; at < engine.size();) {
            const std::size_t length = 1 + chance() % 300;
            REQUIRE(one.push(std::string_view(engine).substr(at, length)));
            at += length;
        }
        auto done = one.finish();
        REQUIRE(done.has_value());
        for (const auto& patch : done->patches)
            text.replace(patch.offset, patch.text.size(), patch.text);
        CHECK(text == whole.text);
    }
}

TEST_CASE("a file without layers, without its marks or with impossible lines is refused", "[finishing]")
{
    const auto data = finishing_data();
    const auto refused = [&](const std::string& engine) {
        const auto made = finish_text(finishing_plan_of(data, 1000), {}, engine);
        return made.has_error() && made.error().code == slice_errc::internal && !made.error().text.empty();
    };
    CHECK_FALSE(refused(engine_file(5)));
    CHECK(refused(""));
    CHECK(refused(engine_head() + engine_tail()));
    CHECK(refused(engine_head() + square_layer("0.2")));
    CHECK(refused(square_layer("0.2") + engine_tail()));
    CHECK(refused(engine_head() + square_layer("0.2") + "G1 X" + std::string(1000, '1') + "\n" +
                  engine_tail()));
    CHECK(refused(engine_head() + square_layer("0.2") + std::string(100000, 'G') + "\n" + engine_tail()));
    CHECK(refused(engine_head() + square_layer("0.2") + std::string("G1\0X5\n", 6) + engine_tail()));
}
