#include "tests/workshop/finishing/finishing_samples.hpp"
#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/gcode_check.hpp"
#include "workshop/finishing/settings_check.hpp"

#include <catch2/catch.hpp>

using namespace layerline::workshop;
using namespace layerline::tests;

namespace {

// Where the owner's lines stand: those of finishing_data().
std::vector<line_run> owners_lines(const std::string& text)
{
    std::vector<line_run> runs;
    std::uint64_t number = 0;
    for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
        ++number;
        end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        if ((line == "G28" && runs.empty()) || line == "M84") runs.push_back({number, number});
    }
    return runs;
}

struct bench {
    json data = finishing_data();
    finishing_plan plan = finishing_plan_of(data, 1000);
    std::pair<std::string, finished> made;
    bench()
    {
        auto all = finish_text(plan, {}, engine_file(5));
        if (all.has_error()) FAIL(text_of(all.error()));
        made = std::move(*all);
    }
    check_report check(const std::string& text, std::map<std::string, std::string> settings = {}) const
    {
        return check_text(expect(data, plan, {{89, 89, 0, 111, 111, 10}}, std::move(settings)),
                          owners_lines(text), text);
    }
    // With that line behind the first `behind` in the third layer.
    check_report with(const std::string& line, const std::string& behind = "G1 X110 Y90 E0.7\n") const
    {
        auto text = made.first;
        auto at = text.find(behind, text.find(";Z:0.600"));
        if (at == std::string::npos) FAIL("no such line: " + behind);
        return check(text.insert(at + behind.size(), line + "\n"));
    }
};

bool tells(const check_report& report, const std::string& part)
{
    return std::any_of(report.mismatches.begin(), report.mismatches.end(), [&](const mismatch& one) {
        return one.text.find(part) != std::string::npos &&
               (one.line > 0 || part.find("setting") != std::string::npos);
    });
}

} // namespace

TEST_CASE("a good file passes, with what it is made of", "[finishing]")
{
    const bench all;
    const auto report = all.check(all.made.first, {{"layer_height", "0.20"}});
    INFO(json_of(report).dump(1));
    CHECK(report.good());
    CHECK(internal_code_of(report) == 0);
    CHECK(report.layers == 5);
    CHECK(report.filament_mm.at(0) == Approx(14));
    CHECK(report.seconds == Approx(all.made.second.seconds));
    REQUIRE(report.extruded);
    CHECK(report.extruded->min_x == 90);
    CHECK(report.extruded->max_y == 110);
    CHECK(report.extruded->max_z == 1);
    CHECK(report.lines == all.made.second.lines);
}

TEST_CASE("moves out of the room are found, whoever makes them but the owner", "[finishing]")
{
    const bench all;
    const auto off = all.with("G1 X200.5 Y90 E0.8");
    CHECK(tells(off, "It prints to X 200.5 mm"));
    CHECK(internal_code_of(off) == -4);
    CHECK(tells(all.with("G1 X-1 Y90"), "The head moves to X -1 mm"));
    CHECK(tells(all.with("G1 Z200.5"), "height of 200.5 mm"));
    CHECK(tells(all.with("G1 Z-0.5"), "height of -0.5 mm"));
    CHECK(tells(all.with("G2 X100 Y80 I-30"), "G2 is no command"));
    CHECK(internal_code_of(all.with(";TYPE:Skirt/Brim\nG1 X201 Y90 E0.9")) == -11);
    CHECK(all.with("G1 X100 Y100").good());
}

TEST_CASE("a piece of a line that is shorter than its digits is no fast move of the filament", "[finishing]")
{
    const bench all;
    CHECK(all.with("G1 X110 Y90 E0.70002").good());
    CHECK(tells(all.with("G1 X110 Y90 E0.75"), "The filament is moved at 60 mm/s"));
    CHECK(tells(all.with("G1 E0.70002"), "The filament is moved at 60 mm/s"));
}

TEST_CASE("at a tip a layer without anything to print is noted, not found wrong", "[finishing]")
{
    const bench all;
    auto text = all.made.first;
    const auto second = text.find(";LAYER_CHANGE\n;Z:0.600"), third = text.find(";LAYER_CHANGE\n;Z:0.800"),
               fourth = text.find(";LAYER_CHANGE\n;Z:1.000");
    auto tip = text.substr(second, third - second);
    for (const auto& [from, to] : {std::pair("X110", "X91"),
                                   {"Y110", "Y91"},
                                   {"E0.7", "E0.035"},
                                   {"E1.4", "E0.07"},
                                   {"E2.1", "E0.105"},
                                   {"E2.8", "E0.14"}})
        for (auto at = tip.find(from); at != std::string::npos; at = tip.find(from, at + 1))
            tip.replace(at, std::string(from).size(), to);
    const auto found = all.check(text.substr(0, second) + tip + text.substr(fourth));
    for (const auto& one : found.mismatches)
        UNSCOPED_INFO(one.text);
    CHECK(found.good());
    REQUIRE_FALSE(found.notes.empty());
    CHECK(found.notes[0].find("layer 4 is too small to print") != std::string::npos);
}

TEST_CASE("a layer at another height, twice or not at all is found", "[finishing]")
{
    const bench all;
    auto text = all.made.first;
    const auto replace = [&text](const std::string& from, const std::string& to) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    };
    replace("Z:0.600", "Z:0.650");
    replace("G1 Z0.600", "G1 Z0.650");
    CHECK(tells(all.check(text), "No layer of model 0 is planned at 0.65 mm"));
    CHECK(tells(all.with("G1 Z0.65\nG1 X109 Y90 E0.8"), "at a height of 0.65 mm in the layer at 0.6 mm"));
    text = all.made.first;
    const auto third = text.find(";LAYER_CHANGE\n;Z:0.600"), fourth = text.find(";LAYER_CHANGE\n;Z:0.800");
    const auto missing = all.check(text.substr(0, third) + text.substr(fourth));
    CHECK(tells(missing, "Layer 4 of model 0 follows its layer 2"));
    CHECK(tells(all.check(text.substr(0, fourth) + text.substr(third)),
                "Layer 3 of model 0 follows its layer 3"));
    const auto low = all.check(text.substr(0, third) + engine_tail());
    CHECK_FALSE(low.good());
    // Of the uppermost two layers: the model alone tells whether they could have been printed.
    const auto tip = text.substr(0, text.find(";LAYER_CHANGE\n;Z:0.800")) + "M84\n" + engine_tail();
    auto wanted = expect(all.data, all.plan, {{89, 89, 0, 111, 111, 10}}, {});
    wanted.wide_layers = {3};
    const auto thin = check_text(wanted, owners_lines(tip), tip);
    CHECK(thin.good());
    REQUIRE(thin.notes.size() == 1);
    CHECK(thin.notes[0] == "The uppermost 2 layers of model 0 are too thin to print.");
    wanted.wide_layers = {4};
    const auto lost = check_text(wanted, owners_lines(tip), tip);
    REQUIRE_FALSE(lost.good());
    CHECK(lost.mismatches[0].text == "Of 5 layers of model 0 3 are printed; 4 are wide enough.");
    CHECK_FALSE(all.check(tip).good()); // where nobody looked at the model all have to be there
}

TEST_CASE("temperatures, tools and speeds that nobody asked for are found", "[finishing]")
{
    const bench all;
    CHECK(tells(all.with("M104 S280"), "A nozzle is heated to 280"));
    CHECK(tells(all.with("M140 S110"), "The bed is heated to 110"));
    CHECK(tells(all.with("M104 S210\nG1 X109 Y90 E0.8"), "It prints with the nozzle at 210"));
    CHECK(tells(all.with("M104 S0\nG1 X109 Y90 E0.8"), "It prints with the nozzle at 0"));
    CHECK(tells(all.with("M104 S205 T3"), "A tool is heated that is not defined"));
    CHECK(internal_code_of(all.with("T4")) == -5);
    CHECK(tells(all.with("G1 X109 Y90 E0.8 F4000"), "It prints at 66.67 mm/s; 60 was asked at most"));
    CHECK(tells(all.with("G1 X109 Y90 F9000"), "The head travels at 150 mm/s"));
    CHECK(tells(all.with("G1 E9 F9000"), "The filament is moved at 150 mm/s"));
    CHECK(tells(all.with("G1 X109 Y90 E9"), "of material"));
    CHECK(tells(all.with("G1 X80 Y80\nG1 X81 Y80 E0.74"), "where it does not stand"));
}

TEST_CASE("commands that are not the engine's and lines that are none are found", "[finishing]")
{
    const bench all;
    CHECK(tells(all.with("M502"), "M502 is no command"));
    CHECK(tells(all.with("G28"), "G28 is no command"));
    CHECK(tells(all.with("M141 S60"), "M141 is no command"));
    CHECK(tells(all.with("G92 X0"), "moves the origin"));
    CHECK(tells(all.with("G91"), "G91 is no command"));
    CHECK(tells(all.with("G1 Xnan Y5"), "has no number"));
    CHECK(tells(all.with("garbage"), "is no command"));
    CHECK(tells(all.with("G1 X5 $$"), "belongs to no word"));
    CHECK(tells(all.with(std::string(70000, ';') + "\n"), "longer than 64 KiB"));
}

TEST_CASE("a setting that the engine took otherwise is found", "[finishing]")
{
    const bench all;
    CHECK(tells(all.check(all.made.first, {{"layer_height", "0.3"}}),
                "layer_height = 0.2 where 0.3 was asked"));
    const auto silent = all.check(all.made.first, {{"fill_density", "20%"}});
    CHECK(tells(silent, "does not tell its setting fill_density"));
    CHECK(internal_code_of(silent) == -2);
    CHECK(same_setting("0.40", "0.4"));
    CHECK(same_setting("20%", "20%"));
    CHECK_FALSE(same_setting("20%", "20"));
    CHECK(same_setting("0x0,200x0,200x200", "0x0,200x0,200.0x200"));
    CHECK_FALSE(same_setting("0x0,200x0", "0x0,200x0,200x200"));
    CHECK(same_setting("PLA;PETG", "\"PLA\";PETG"));
    CHECK_FALSE(same_setting("grid", "gyroid"));
    CHECK_FALSE(same_setting("1", "1.001"));
}

TEST_CASE("an owner's line that goes above the printer is told, since some firmware ends the print at it",
          "[finishing]")
{
    const auto told = [](const std::string& line) {
        auto data = finishing_data();
        data["gcode"]["endGcode"] = json::array({line, "M84"});
        const auto plan = finishing_plan_of(data, 1000);
        const auto made = finish_text(plan, {}, engine_file(5));
        REQUIRE(made.has_value());
        auto owners = owners_lines(made->first);
        owners.back().first -= 1;
        const auto report =
            check_text(expect(data, plan, {{89, 89, 0, 111, 111, 10}}, {}), owners, made->first);
        INFO(json_of(report).dump(1));
        CHECK(report.good());
        return report.notes;
    };
    CHECK(told("G1 Z10").empty());
    const auto notes = told("G1 Z999");
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("lifts the head to 999 mm") != std::string::npos);
}
