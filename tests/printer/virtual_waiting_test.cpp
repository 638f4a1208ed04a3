// Commands that take their time, what interrupts them, and halts.
#include "tests/printer/virtual_board.hpp"

#include <algorithm>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

TEST_CASE("homing says busy each two seconds, then the position, then ok")
{
    board b(plain());
    REQUIRE(b.exchange("G28\n", 1900ms).empty());
    CHECK(b.run(200ms) == strings{"echo:busy: processing"});
    REQUIRE(b.run_until("ok", 10s));
    CHECK(std::count(b.heard.begin(), b.heard.end(), "X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000") ==
          1);
    CHECK(b.status().homed == std::array{true, true, true});
}

TEST_CASE("M113 sets the time between busy lines and switches them off")
{
    board b(plain());
    b.exchange("M113 S1\n");
    CHECK(b.exchange("G4 S3\n", 2500ms) == strings{"echo:busy: processing", "echo:busy: processing"});
    b.run(1s);
    b.exchange("M113 S0\n");
    CHECK(b.exchange("G4 S5\n", 4900ms).empty());
    CHECK(b.run(200ms) == strings{"ok"});
}

TEST_CASE("a heating wait reports each second and M108 ends it with an ok more")
{
    board b(plain());
    const auto said = b.exchange("M109 S200\n", 2500ms);
    REQUIRE(said.size() == 3);
    CHECK(said[0].rfind(" T:", 0) == 0);
    CHECK(said[0].find(" /200.00 B:") != std::string::npos);
    CHECK(said[0].find(" W:?") != std::string::npos);
    CHECK(std::count(said.begin(), said.end(), "echo:busy: processing") == 1);
    CHECK(b.exchange("M108\n") == strings{"ok", "ok"});
    CHECK(b.status().tool.target == 200);
}

TEST_CASE("M155 reports by itself, also while a command blocks")
{
    board b(plain());
    b.exchange("M155 S1\n");
    b.send("G4 S10\n");
    const auto said = b.run(3500ms);
    CHECK(std::count_if(said.begin(), said.end(), [](auto& l) { return l.rfind(" T:", 0) == 0; }) == 3);
    b.run(10s);
    b.exchange("M155 S0\n");
    CHECK(b.run(5s).empty());
}

TEST_CASE("M410 stops a move half-way and is acknowledged beside the waiting M400")
{
    board b(plain());
    CHECK(b.exchange("G28\n", 60s).back() == "ok");
    b.exchange("G1 X20 Y50 F6000\n", 2s);
    CHECK(b.exchange("G1 X120 F600\nM400\n", 1s) == strings{"ok"});
    CHECK(b.exchange("M410\n") == strings{"ok", "ok"});
    const auto at = b.status().position;
    CHECK(at[0] > 28);
    CHECK(at[0] < 33);
    CHECK(std::stod(b.exchange("M114\n").at(0).substr(2)) == Approx(at[0]).margin(0.01));
}

TEST_CASE("emergencies get through a full queue and a full receive ring")
{
    board b(plain());
    std::string flood;
    for (int i = 0; i < 40; ++i)
        flood += "G4 S100\n";
    b.exchange(flood, 1s);
    REQUIRE(b.status().bytes_lost > 0);
    const auto said = b.exchange("\nM112\n");
    CHECK(said == strings{"echo:M112 Shutdown", "Error:Printer halted. kill() called!", "//action:poweroff"});
}

TEST_CASE("without the emergency parser M112 waits for the queue")
{
    auto settings = plain();
    settings.emergency_parser = false;
    board b(settings);
    b.exchange("G4 S5\nG4 S5\nG4 S5\nG4 S5\nM112\n", 1s);
    CHECK_FALSE(b.status().killed);
    b.run(5s);
    CHECK(b.status().killed);
}

TEST_CASE("after M112 nothing is answered until a reset")
{
    board b(plain());
    b.exchange("M104 S200\nM155 S1\n", 2s);
    b.exchange("M112\n");
    CHECK(b.exchange("M105\nG28\n", 10s).empty());
    CHECK(b.status().tool.target == 0);
    b.get().reset(b.now());
    CHECK(b.run(1s).at(0) == "start");
    CHECK(b.exchange("M105\n").size() == 1);
    CHECK(b.status().kill_reason == "M112 Shutdown");
    CHECK_FALSE(b.status().killed);
}

TEST_CASE("M0 prompts and waits for M108")
{
    board b(plain());
    CHECK(b.exchange("M0 Click to go\n") ==
          strings{"echo:Click to go", "//action:prompt_end", "//action:prompt_begin Click to go",
                  "//action:prompt_button Continue", "//action:prompt_show"});
    CHECK(b.exchange("M105\n", 2s) == strings{"echo:busy: paused for user"});
    CHECK(b.exchange("M108\n").size() == 3); // M0's, M105's and M108's
}

TEST_CASE("M600 asks twice and more filament asks again")
{
    board b(plain());
    CHECK(b.exchange("M600\n").at(0) == "//action:paused");
    CHECK(b.exchange("M876 S0\n").at(1) == "//action:prompt_begin Paused");
    CHECK(b.exchange("M876 S0\n").at(1) == "//action:prompt_begin Paused");
    const auto said = b.exchange("M876 S1\n");
    CHECK(said.at(0) == "//action:resumed");
    CHECK(std::count(said.begin(), said.end(), "ok") == 4);
}

TEST_CASE("M118 can say host actions")
{
    board b(plain());
    CHECK(b.exchange("M118 A1 action:pause\n") == strings{"//action:pause", "ok"});
    CHECK(b.exchange("M118 E1 hello\n") == strings{"echo:hello", "ok"});
}

TEST_CASE("M115 names the board and its capabilities")
{
    auto settings = plain();
    settings.emergency_parser = false;
    board b(settings);
    const auto said = b.exchange("M115\n", 1s);
    CHECK(said.front().rfind("FIRMWARE_NAME:Marlin", 0) == 0);
    CHECK(said.back() == "ok");
    CHECK(std::count(said.begin(), said.end(), "Cap:AUTOREPORT_TEMP:1") == 1);
    CHECK(std::count(said.begin(), said.end(), "Cap:EMERGENCY_PARSER:0") == 1);
}
