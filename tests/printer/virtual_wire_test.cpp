// The wire: pace, buffers, losses, boots and cables.
#include "printer/virtual/serial_wire.hpp"
#include "tests/printer/virtual_board.hpp"

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

TEST_CASE("ten bits a byte, both ways")
{
    auto settings = plain();
    settings.baud = 9600; // 1.04 ms a byte
    board b(settings);
    b.run(1s);
    CHECK(b.exchange("G90\n", 5ms).empty()); // four bytes there, three back
    CHECK(b.run(3ms) == strings{"ok"});
}

TEST_CASE("an unpaced wire takes no time")
{
    auto settings = plain();
    settings.baud = 0;
    board b(settings);
    CHECK(b.exchange("G90\n", 0ms) == strings{"ok"});
}

TEST_CASE("the receive ring loses what it cannot hold")
{
    serial_wire wire(0, 4);
    wire.from_host("abcdef", time_point{});
    while (wire.next_arrival())
        wire.arrive();
    CHECK(wire.lost() == 2);
    CHECK(wire.read() == 'a');
}

TEST_CASE("forty lines in one write: queue, planner and ring are filled, the rest is lost")
{
    board b(plain());
    std::string flood;
    for (int i = 1; i <= 40; ++i)
        flood += numbered(i, "G1 X" + std::to_string(100 + i) + ".25 F60");
    REQUIRE(flood.size() > 800);
    const auto said = b.exchange(flood, 1s);
    CHECK(said.size() == 15); // in the planner; four wait in the queue, the ring holds a few
    CHECK(b.status().lines_received == 19);
    CHECK(b.status().bytes_lost > 200);
    const auto later = b.run(24h);
    CHECK(b.status().lines_received < 26);
    // The last line in the ring was cut: it spoils what comes next.
    const auto next = b.exchange(numbered(41, "M105"));
    REQUIRE(next.size() == 3);
    CHECK(next[0].rfind("Error:", 0) == 0);
}

TEST_CASE("the command queue holds four, the running one among them")
{
    board b(plain());
    b.exchange("G4 S100\nG90\nG91\nG90\nG91\n", 1s);
    CHECK(b.status().lines_received == 4);
}

TEST_CASE("opening the port resets the board only when asked")
{
    auto settings = plain();
    board silent(settings);
    silent.exchange(numbered(1, "G90"));
    silent.get().opened(silent.now());
    CHECK(silent.run(2s).empty());
    CHECK(silent.exchange(numbered(2, "G90")) == strings{"ok"});

    settings.reset_on_open = true;
    settings.boot_time = 500ms;
    board resetting(settings);
    resetting.exchange("M104 S200\nG4 S100\n", 1s);
    resetting.get().opened(resetting.now());
    CHECK(resetting.exchange("M105\n", 400ms).empty()); // heard by the boot loader at most
    const auto boot = resetting.run(500ms);
    CHECK(boot.at(0) == "start");
    CHECK(boot.at(2).rfind("Marlin ", 0) == 0);
    CHECK(resetting.status().tool.target == 0);
    CHECK(resetting.exchange(numbered(1, "G90")) == strings{"ok"});
}

TEST_CASE("with the cable out the print goes on unheard")
{
    board b(plain());
    b.exchange("M104 S200\nG1 X10 F60\n", 100ms);
    b.get().unplug(b.now());
    CHECK(b.exchange("M105\n", 20s).empty());
    CHECK(b.status().position[0] == 10);
    CHECK(b.status().tool.target == 200);
    b.get().replug(b.now());
    CHECK(b.exchange("M105\n").size() == 1);
}

TEST_CASE("the cable comes out after the line that was asked for")
{
    auto settings = plain();
    settings.unplug_after = 3;
    board b(settings);
    for (int i = 1; i <= 5; ++i)
        b.exchange(numbered(i, "G1 X" + std::to_string(i)));
    CHECK(b.get().unplugged());
    CHECK(b.executed.size() == 3);
    CHECK(b.status().faults_unplug == 1);
}

TEST_CASE("time in one step or in many gives the same")
{
    std::string all[2];
    for (int way = 0; way < 2; ++way) {
        board b(plain());
        b.send("M155 S1\nM104 S200\nG28\nG1 X50 F600\nM400\n");
        for (int i = 0; i < (way ? 20000 : 1); ++i)
            for (auto& line : b.run(way ? 1ms : 20s))
                all[way] += line + "\n";
    }
    CHECK(all[0] == all[1]);
    CHECK(all[0].size() > 500);
}
