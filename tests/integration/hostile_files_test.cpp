// Files as nobody should write them, printed by the real programs: what reaches the printer of each, and that
// the line numbers stay in step.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

struct row {
    const char* name;
    std::string gcode;
    std::vector<std::string> arrives; // of G1 and M117; empty: the start is refused
    const char* says = "";            // in the refusal
};

std::vector<row> table()
{
    using namespace std::string_literals;
    const std::vector<std::string> both{"G1 X10 F6000", "G1 X20"};
    return {
        {"a byte order mark", "\xEF\xBB\xBFG28\nG1 X10 F6000\nG1 X20\n", both},
        {"CR LF", "G28\r\nG1 X10 F6000\r\nG1 X20\r\n", both},
        {"lone CR", "G28\rG1 X10 F6000\rG1 X20\r", both},
        {"no last newline", "G28\nG1 X10 F6000\nG1 X20", both},
        {"blank lines and comments", "\n\n; a\nG28\n   \nG1 X10 F6000 ; b\n;\nG1 X20\n\n", both},
        {"line numbers of its own", "N1 G28*18\nN99999 G1 X10 F6000*1\nN3 G1 X20\nN4 M110 N1*2\n", both},
        {"a comment of 40 MB", "G28\nG1 X10 F6000\n;" + std::string(40UL << 20, 'x') + "\nG1 X20\n", both},
        {"a message of 300 characters",
         "G28\nM117 " + std::string(300, 'x') + "\nG1 X20\n",
         {"M117 " + std::string(75, 'x'), "G1 X20"}},
        {"blanks that can go",
         "G28\nG1 X10 F6000" + std::string(300, ' ') + "\nG1" + std::string(90, ' ') + "X20\n",
         {"G1 X10 F6000", "G1X20"}},
        {"a line of 300 characters", "G28\nG1 X1" + std::string(300, '0') + "\nG1 X20\n", {}, "line 2"},
        {"a command of 70 KB", "G28\nG1 X1" + std::string(70'000, '0') + "\nG1 X20\n", {}, "64 KiB"},
        {"NUL in a line", "G28\nG1 X10\0 F6000\nG1 X20\n"s, {}, "line 2"},
        {"a run of NUL", "G28\n"s + std::string(5000, '\0') + "\nG1 X20\n", {}, "line 2"},
        {"damage",
         "G28\nG1 X\xff\xfe"
         "10\nG1 X20\n",
         {},
         "line 2"},
        {"nothing", "", {}, "nothing to print"},
        {"only comments", ";a\n;b\n", {}, "nothing to print"},
    };
}

std::vector<std::string> arrived(const json& report)
{
    std::vector<std::string> all;
    for (const auto& one : report["executed"])
        if (const auto text = one["command"].get<std::string>();
            (text.starts_with("G1") && text.find('X') != std::string::npos) || text.starts_with("M117"))
            all.push_back(text);
    return all;
}

} // namespace

TEST_CASE("each kind of hostile file is printed or refused as documented, with its numbers in step",
          "[files]")
{
    rig at;
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    for (const auto& one : table()) {
        INFO(one.name);
        const auto before = arrived(at.report()).size();
        const auto resends = at.report()["wire"]["resends_asked"].get<int>();
        at.put_file("odd.gcode", one.gcode);
        const auto started = at.at_agent("POST", "start", R"({"Path":"gcode/odd.gcode","BedClear":true})");
        INFO(started.body);
        if (one.arrives.empty()) {
            CHECK(started.code() == 752);
            CHECK(started.body.find(one.says) != std::string::npos);
            continue;
        }
        REQUIRE(started.code() == 200);
        (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
        const auto report = at.report();
        auto all = arrived(report);
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
        CHECK(all == one.arrives);
        CHECK(report["wire"]["resends_asked"].get<int>() == resends);
        CHECK(report["wire"]["unknown_commands"].get<int>() == 0);
        REQUIRE(at.at_agent("POST", "bed-clear").code() == 200);
    }
}

TEST_CASE("a file of two gigabytes of nothing is refused, and the print host is as quick as before",
          "[files]")
{
    rig at;
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    at.put_file("sparse.gcode", "G28\n");
    std::filesystem::path file;
    for (const auto& one : std::filesystem::recursive_directory_iterator(at.path("agent")))
        if (one.path().filename() == "sparse.gcode") file = one.path();
    std::filesystem::resize_file(file, 2UL << 30);
    const auto refused = at.at_agent("POST", "start", R"({"Path":"gcode/sparse.gcode","BedClear":true})");
    INFO(refused.body);
    CHECK(refused.code() != 200);
    at.put_file("good.gcode", small_job(10));
    CHECK(at.at_agent("POST", "start", R"({"Path":"gcode/good.gcode","BedClear":true})").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
}
