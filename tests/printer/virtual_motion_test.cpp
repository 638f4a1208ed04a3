// Moves: time, planner, positions, modes.
#include "tests/printer/virtual_board.hpp"

#include <algorithm>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

namespace {
long oks(const strings& said)
{
    return std::count(said.begin(), said.end(), "ok");
}
} // namespace

TEST_CASE("a move is acknowledged when queued, and with the planner full when there is room")
{
    board b(plain());
    long got = 0;
    for (int i = 1; i <= 16; ++i)
        got += oks(b.exchange("G1 X" + std::to_string(i * 10) + " F600\n", 10ms));
    CHECK(got == 15);
    CHECK(b.run(500ms).empty());
    CHECK(oks(b.run(500ms)) == 1);
    CHECK(b.status().path.moves == 1);
}

TEST_CASE("a move takes the time of its feed rate, divided by the speed")
{
    for (double speed : {1.0, 10.0}) {
        auto settings = plain();
        settings.speed = speed;
        board b(settings);
        b.exchange("G1 X100 F6000\n", 10ms);
        const auto left = nanoseconds(static_cast<long>(1e9 / speed)) - 15ms;
        CHECK(oks(b.exchange("M400\n", left)) == 0);
        CHECK(oks(b.run(20ms)) == 1);
    }
}

TEST_CASE("axes keep their maximum speeds")
{
    board b(plain());
    b.exchange("M203 Z2\nG1 Z10 F6000\n", 100ms);
    CHECK(oks(b.exchange("M400\n", 4s)) == 0);
    CHECK(oks(b.run(1100ms)) == 1);
}

TEST_CASE("modes, offsets and units decide where moves end")
{
    board b(plain());
    b.exchange("M302 P1\nG91\nG1 X10 E1 F6000\nG1 X10 E1\nM82\n", 1s);
    b.exchange("G1 E1.5\nG90\nM83\nG92 X0\n", 1s);
    b.exchange("G1 X5 E1\nG20\nG1 Y1\nG21\n", 1s);
    CHECK(b.exchange("M114\n").at(0) == "X:5.00 Y:25.40 Z:0.00 E:2.50 Count X:2000 Y:2032 Z:0");
    CHECK(b.status().path.filament == Approx(2.5));
    CHECK(b.status().path.high[0] == Approx(25));
    CHECK(b.status().path.travel == Approx(50.4));
}

TEST_CASE("soft endstops hold homed axes within the machine")
{
    board b(plain());
    b.exchange("G28\n", 60s);
    b.exchange("G1 X900 Y-10 F12000\n", 10s);
    CHECK(b.status().position[0] == 250);
    CHECK(b.status().position[1] == 0);
}

TEST_CASE("an arc is as long as its circle")
{
    board b(plain());
    b.exchange("G1 X10 F6000\nG2 X0 Y-10 I-10 J0\n", 5s);
    CHECK(b.status().path.travel == Approx(10 + 10 * 3.14159265 / 2));
    b.exchange("G3 I10\n", 60s);
    CHECK(b.status().path.travel == Approx(10 + 10 * 3.14159265 * 2.5));
    CHECK(b.exchange("G2 X5\n") == strings{"echo:G2/G3 bad parameters", "ok"});
}

TEST_CASE("cold filament is not pushed, but its position counts")
{
    board b(plain());
    CHECK(b.exchange("G1 E5 F300\n") == strings{"echo: cold extrusion prevented", "ok"});
    CHECK(b.exchange("M114\n").at(0).find("E:5.00") != std::string::npos);
    CHECK(b.status().path.filament == 0);
    CHECK(b.status().cold_extrusions == 1);
}

TEST_CASE("a planner that runs dry while more moves come is an underrun, after a dwell it is not")
{
    board b(plain());
    b.exchange("G1 X1 F6000\n", 200ms);
    b.exchange("G1 X2 F6000\n", 200ms);
    CHECK(b.status().underruns == 1);
    b.exchange("G4 P1\n", 200ms);
    b.exchange("G1 X3 F6000\n", 2s);
    b.exchange("G1 X4 F6000\n", 1s);
    CHECK(b.status().underruns == 1);
}

TEST_CASE("motors that are switched off forget where the head is")
{
    board b(plain());
    b.exchange("G28\n", 60s);
    b.exchange("M84 S5\n");
    b.run(4s);
    CHECK(b.status().homed[0]);
    b.run(2s);
    CHECK_FALSE(b.status().homed[0]);
    b.exchange("G28 X\n", 60s);
    b.exchange("M84\n");
    CHECK_FALSE(b.status().motors_on);
}

TEST_CASE("huge and senseless numbers are survived")
{
    board b(plain());
    b.exchange("G1 X99999999999999999999999 F0.0000001\nM220 S0\nG1 X-1e9 F-5\nG4 S-3\nG2 R0\n", 1s);
    b.exchange("M410\n");
    CHECK(b.exchange("M105\n", 1h).size() >= 1);
}
