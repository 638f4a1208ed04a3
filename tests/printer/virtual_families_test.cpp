// The families of firmware that the virtual printer speaks, and its own card with its panel.
#include "virtual_board.hpp"

#include <algorithm>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

namespace {

firmware_settings repetier()
{
    auto settings = plain();
    settings.family = firmware_family::repetier;
    settings.emergency_parser = settings.prompts = settings.auto_report = false;
    settings.says_wait = true;
    return settings;
}

bool holds(const strings& lines, const std::string& start)
{
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.rfind(start, 0) == 0; });
}

} // namespace

TEST_CASE("Repetier's words: an ok with its number, data after it, skip, wait and resends of its own")
{
    board b(repetier());
    CHECK(b.exchange(numbered(1, "G21")) == strings{"ok 1"});
    const auto heat = b.exchange(numbered(2, "M105"));
    REQUIRE(heat.size() == 2);
    CHECK(heat[0] == "ok 2");
    CHECK(heat[1].rfind("T:", 0) == 0);
    CHECK(b.exchange(numbered(2, "M105")) == strings{"skip 2", "ok"});
    CHECK(b.exchange(numbered(9, "G21")) == strings{"Error:expected line 3 got 9", "Resend:3", "ok"});
    CHECK(b.exchange("N3 G21*1\n") == strings{"Error:Wrong checksum", "Resend:3", "ok"});
    CHECK(b.exchange(numbered(3, "M104 S200")) == strings{"TargetExtr0:200", "ok 3"});
    CHECK(b.exchange(numbered(4, "M9999")) == strings{"Unknown command:M9999", "ok 4"});
    CHECK(holds(b.exchange(numbered(5, "M115")), "FIRMWARE_NAME:Repetier"));
    CHECK(holds(b.run(3s), "wait"));
}

TEST_CASE("Prusa's words: temperatures twice and with those of the board, and no targets while it waits")
{
    auto settings = plain();
    settings.family = firmware_family::prusa;
    settings.prompts = false;
    board b(settings);
    const auto heat = b.exchange(numbered(1, "M105"));
    REQUIRE(heat.size() == 1);
    CHECK(heat[0].find(" T0:") != std::string::npos);
    CHECK(heat[0].find(" A:22.0") != std::string::npos);
    CHECK(holds(b.exchange(numbered(2, "M115")), "FIRMWARE_NAME:Prusa-Firmware"));
    b.send(numbered(3, "M109 S200"));
    CHECK(holds(b.run(3s), "T:"));
}

TEST_CASE("the card lists its files, prints one, and says where it is")
{
    auto settings = plain();
    settings.card = {{"A long name.gcode", "G28\n; words\nG1 X10 F6000\n\nG1 X20\n"}, {"B.gcode", "G1 X1\n"}};
    board b(settings);
    CHECK(b.exchange("M20 L\n") == strings{"Begin file list", "ALONGN~1.GCO 33 A long name.gcode",
                                           "B.GCO 6 B.gcode", "End file list", "ok"});
    CHECK(b.exchange("M23 nope.gco\n").at(1) == "open failed, File: nope.gco.");
    CHECK(b.exchange("M27\n") == strings{"Not SD printing", "ok"});
    const auto chosen = b.exchange("M23 alongn~1.gco\n");
    CHECK(chosen.at(1) == "File opened: ALONGN~1.GCO Size: 33");
    CHECK(chosen.at(2) == "File selected");
    b.send("M24\n");
    CHECK(b.run_until("Done printing file", 60s));
    CHECK(b.executed.back() == "G1 X20");
    CHECK(std::find(b.executed.begin(), b.executed.end(), "G28") != b.executed.end());
    CHECK_FALSE(holds(b.heard, "ok N"));
}

TEST_CASE("the panel's buttons begin, pause and end a print from the card")
{
    auto settings = plain();
    std::string moves = "G28\n";
    for (int i = 0; i < 200; ++i)
        moves += "G1 X" + std::to_string(i % 2 * 100) + " F3000\n";
    settings.card = {{"B.gcode", moves}};
    board b(settings);
    b.get().press(panel_button::start, b.now());
    b.run(1s);
    CHECK(holds(b.exchange("M27\n", 60s), "SD printing byte "));
    b.get().press(panel_button::pause, b.now());
    CHECK(holds(b.run(1s), "//action:paused"));
    CHECK(holds(b.exchange("M27\n", 60s), "Not SD printing"));
    b.get().press(panel_button::resume, b.now());
    CHECK(holds(b.exchange("M27\n", 60s), "SD printing byte "));
    b.get().press(panel_button::cancel, b.now());
    CHECK(holds(b.run(60s), "//action:cancel"));
    CHECK(holds(b.exchange("M27\n"), "Not SD printing"));
    CHECK(b.executed.size() < 200);
}

TEST_CASE("filament runs out once, after as many lines as were asked for")
{
    auto settings = plain();
    settings.runout_after = 2;
    board b(settings);
    CHECK_FALSE(holds(b.exchange(numbered(1, "G21")), "//action"));
    CHECK(holds(b.exchange(numbered(2, "G21")), "//action:out_of_filament"));
    CHECK_FALSE(holds(b.exchange(numbered(3, "G21")), "//action"));
}
