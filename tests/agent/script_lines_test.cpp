// Scripts of agent.toml: what a line may be, and what its variables become.
#include "agent/configuration.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::agent;

namespace {

printer::printer_state printing(const std::string& path)
{
    printer::printer_state state;
    state.now = printer::phase::paused;
    state.job.emplace();
    state.job->id = "j-1";
    state.job->path = path;
    state.job->layer = 12;
    state.job->z_mm = 2.4;
    state.job->progress = 0.256;
    state.job->elapsed_s = 3661;
    return state;
}

} // namespace

TEST_CASE("variables are filled in, unknown ones as a dash")
{
    const auto state = printing("gcode/folder/part.gcode");
    CHECK(filled_line("M117 {file} {percent} of 100", state) == "M117 part.gcode 26 of 100");
    CHECK(filled_line("M117 layer {layer}/{layers} at {z_mm}", state) == "M117 layer 12/- at 2.4");
    CHECK(filled_line("M117 {elapsed_min} min, {left_min} left, {job_id}", state) ==
          "M117 61 min, - left, j-1");
    CHECK(filled_line("M106 S0", {}) == "M106 S0");
    CHECK(filled_line("M117 {file}{job_id}", {}) == "M117 --");
}

TEST_CASE("no file's name can become a command")
{
    for (const auto* name :
         {"gcode/a\nM112", "gcode/a;M112", "gcode/a*33", "gcode/a b", "gcode/\xc3\xbc", "gcode/{job_id}"}) {
        const auto line = filled_line("M117 {file}", printing(name));
        CHECK(line.find_first_of("\n;*{} ", 5) == std::string::npos);
        CHECK(line.starts_with("M117 "));
    }
    CHECK(filled_line("M117 {file}", printing("gcode/" + std::string(500, 'x'))).size() == 5 + 64);
}

TEST_CASE("a line that is more than one plain command is refused when the configuration is read")
{
    CHECK(script_line_fault("M117 Paused at {layer}").empty());
    CHECK(script_line_fault("SET_LED LED=case RED=1").empty());
    for (const auto* wrong :
         {"",           " M117",  "M117 a\nM112", "M117 a;b",    "M117 a*b",      "M117 {user}", "M117 {file",
          "M117 file}", "{file}", "M{layer} P1",  "M1{percent}", "M117 \xc3\xbc", "M112",        "m112",
          "M108",       "M24",    "M0",           "M999",        "M110 N0",       "M28 a"}) {
        INFO(wrong);
        CHECK_FALSE(script_line_fault(wrong).empty());
    }
    CHECK_FALSE(script_line_fault("M117 " + std::string(300, 'x')).empty());
    CHECK_FALSE(script_line_fault("M117 {file}{file}{file}{file}{file}").empty());
}

TEST_CASE("hooks and scripts are off unless the configuration has them")
{
    const auto read = [](const std::string& toml) { return parse_configuration(toml); };
    const auto plain = std::get<configuration>(read(""));
    CHECK(plain.hooks_folder.empty());
    CHECK(plain.scripts.empty());
    const auto full = std::get<configuration>(
        read("[hooks]\nfolder = \"/etc/layerline/hooks.d\"\ntime_limit_s = 5\nat_once = 1\n"
             "[scripts]\non_pause = [\"M117 {file}\", \"M106 S0\"]\non_finish = [\"M300\"]\n"));
    CHECK(full.hooks_time_limit_s == 5);
    CHECK(full.scripts.lines_for("print_paused").size() == 2);
    CHECK(full.scripts.lines_for("print_finished") == std::vector<std::string>{"M300"});
    CHECK(full.scripts.lines_for("print_started").empty());
    for (const auto* wrong : {"[scripts]\non_pause = [\"M112\"]\n", "[scripts]\non_start = [\"M117\"]\n",
                              "[hooks]\nfolder = \"hooks\"\n", "[hooks]\nat_once = 0\n"}) {
        INFO(wrong);
        CHECK(std::holds_alternative<std::vector<layerline::settings::settings_fault>>(read(wrong)));
    }
}
