// Heat takes time, is limited, and is watched.
#include "tests/printer/virtual_board.hpp"

#include <algorithm>

using namespace layerline::printer::virtual_printer;
using namespace layerline::printer::virtual_printer::test;

TEST_CASE("the hotend takes its time to heat and to cool")
{
    board b(plain());
    b.exchange("M104 S200\n", 10s);
    CHECK(b.status().tool.actual > 35);
    CHECK(b.status().tool.actual < 65);
    b.run(120s);
    CHECK(b.status().tool.actual == Approx(200).margin(2));
    b.exchange("M104 S0\n", 30s);
    CHECK(b.status().tool.actual > 100);
    b.run(3600s);
    CHECK(b.status().tool.actual == Approx(22).margin(1));
}

TEST_CASE("a wait counts its stable time down and ends in ok")
{
    auto settings = plain();
    settings.speed = 1;
    board b(settings);
    b.send("M109 S60\n");
    REQUIRE(b.run_until("ok", 200s));
    for (auto left : {"W:?", "W:9", "W:5", "W:1"})
        CHECK(std::any_of(b.heard.begin(), b.heard.end(),
                          [&](auto& line) { return line.find(left) != std::string::npos; }));
}

TEST_CASE("speed scales heat, while busy lines keep to the host's clock")
{
    auto settings = plain();
    settings.speed = 100;
    board b(settings);
    b.send("M190 S60\n");
    REQUIRE(b.run_until("ok", 5s));
    CHECK(std::count(b.heard.begin(), b.heard.end(), "echo:busy: processing") == 0);
    CHECK(b.status().bed.actual == Approx(60).margin(2));
}

TEST_CASE("S waits for heating only, R for cooling too")
{
    auto settings = plain();
    settings.speed = 100;
    board b(settings);
    b.send("M109 S200\n");
    REQUIRE(b.run_until("ok", 5s));
    CHECK(b.exchange("M109 S100\n") == strings{"ok"});
    b.send("M109 R120\n");
    REQUIRE(b.run_until("ok", 10s));
    CHECK(b.status().tool.actual == Approx(120).margin(4));
    b.send("M109 R5\n");
    CHECK(b.run_until("ok", 60s)); // colder than the room: given up
}

TEST_CASE("targets are cut to what the machine allows")
{
    board b(plain());
    b.exchange("M104 S999\nM140 S999\n");
    CHECK(b.status().tool.target == 260);
    CHECK(b.status().bed.target == 115);
}

TEST_CASE("a stuck sensor halts the printer while it heats")
{
    auto settings = plain();
    settings.stuck_thermistor = 0;
    board b(settings);
    b.exchange("M104 S200\n");
    REQUIRE(b.run_until("Error:", 30s));
    CHECK(b.heard.back() == "Error:Heating failed, system stopped! Heater_ID: E0");
    REQUIRE(b.run_until("//action:poweroff", 1s));
    CHECK(b.heard[b.heard.size() - 2] == "Error:Printer halted. kill() called!");
    CHECK(b.status().killed);
}

TEST_CASE("without thermal protection a stuck sensor is never found")
{
    auto settings = plain();
    settings.stuck_thermistor = 0;
    settings.thermal_protection = false;
    board b(settings);
    b.exchange("M104 S200\n");
    b.run(600s);
    CHECK_FALSE(b.status().killed);
    CHECK(b.exchange("M105\n").at(0).find("/200.00") != std::string::npos);
}

TEST_CASE("a shorted heater ends in MAXTEMP")
{
    auto settings = plain();
    settings.stuck_heater = true;
    board b(settings);
    REQUIRE(b.run_until("Error:MAXTEMP triggered, system stopped! Heater_ID: E0", 600s));
    b.run(1s);
    CHECK(b.status().killed);
}

TEST_CASE("heat survives a reset, targets do not")
{
    board b(plain());
    b.exchange("M104 S200\n", 120s);
    b.get().reset(b.now());
    b.run(1s);
    CHECK(b.status().tool.actual > 150);
    CHECK(b.status().tool.target == 0);
}

TEST_CASE("a chamber is there only when asked for")
{
    board without(plain());
    CHECK(without.exchange("M141 S40\n").at(0) == "echo:Unknown command: \"M141 S40\"");
    auto settings = plain();
    settings.chamber = true;
    board with(settings);
    with.exchange("M141 S40\n");
    CHECK(with.exchange("M105\n").at(0).find(" C:") != std::string::npos);
}
