// The grammar of firmware lines, and the framing of ours.
#include "printer/serial/blocking_command.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/line_splitter.hpp"
#include "printer/serial/reply_parser.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

template <class T>
T parsed(std::string_view line)
{
    INFO(line);
    const auto what = reply::parse(line);
    REQUIRE(std::holds_alternative<T>(what));
    return std::get<T>(what);
}

std::vector<heater_state> heaters(std::string_view line, int tool = 0)
{
    return parsed<reply::temperature>(line).report.heaters(tool);
}

} // namespace

TEST_CASE("lines carry number and checksum as the firmware expects")
{
    CHECK(framed(3, "M105") == "N3 M105*36\n");
    CHECK(framed(5, "M105") == "N5 M105*34\n");
    CHECK(framed_restart() == "N0 M110 N0*125\n");
    CHECK(framed(7, "M117 a*b").ends_with("a*b*" + std::to_string(line_checksum("N7 M117 a*b")) + "\n"));
}

TEST_CASE("what firmware would cut, drop or misread is not frameable")
{
    CHECK(frameable("G1 X1 Y2"));
    CHECK(frameable("M117 5 * 4"));
    for (const char* bad : {"", " G1", "G1 ", "G1\n", "G1\r", "M117 a;b", "M117 a\\b", "M117 \xc3\xa9",
                            "M110 N5", "M117 M110 N5", "M117 a\tb"})
        CHECK_FALSE(frameable(bad));
    CHECK_FALSE(frameable(std::string_view("M117 a\0b", 8)));
    CHECK(frameable("M117 " + std::string(longest_command() - 5, 'a')));
    CHECK_FALSE(frameable("M117 " + std::string(longest_command() - 4, 'a')));
    CHECK(framed(999999999, std::string(longest_command(), 'a')).size() <= 96);
    CHECK_FALSE(frameable("G1", 4));
}

TEST_CASE("a text is brought into a form that can be sent")
{
    CHECK(made_frameable("M117 Caf\xc3\xa9; a\\b M110 N3\n") == "M117 Caf??, a/b m110 N3?");
    CHECK(made_frameable("   ").empty());
    for (const std::string& text :
         {std::string("M117 M110M110"), std::string(500, '\xff'), std::string("M117 x  ")})
        CHECK(frameable(made_frameable(text)));
}

TEST_CASE("each form of ok is one acknowledgement")
{
    for (const char* line : {"ok", "ok ", "ok 137", "ok T:20.0 /0.0 B:21.0 /0.0 @:0",
                             "ok X:0.00 Y:1.00 Z:2.00 E:0.00", "\x01\x02ok", "ok\xff", "OK"})
        CHECK(parsed<reply::ack>(line).count == 1);
    CHECK(parsed<reply::ack>("okok").count == 2);
    CHECK_FALSE(parsed<reply::ack>("ok 137").line);
    CHECK(std::holds_alternative<reply::text>(reply::parse("okay then")));
    const auto advanced = parsed<reply::ack>("ok N12 P15 B3");
    CHECK(advanced.line == 12U);
    CHECK(advanced.buffer_free == 3);
    CHECK(parsed<reply::ack>("ok P15 B3").buffer_free == 3);
    const auto told = parsed<reply::ack>("ok T:20.5 /210.0 B:60.0 /60.0 @:0 B@:0");
    CHECK(told.temperature.heaters(0) ==
          std::vector<heater_state>{{"tool0", 20.5, 210.0}, {"bed", 60.0, 60.0}});
    CHECK(parsed<reply::ack>("ok C: X:1.0 Y:2.0 Z:3.0 E:4.0").position->e_mm == 4.0);
}

TEST_CASE("each form of a resend request names its line")
{
    for (const char* line : {"Resend: 5", "Resend:5", "resend 5", "rs 5", "rs N5",
                             "rs N5 Expected checksum 67", "Error:checksum mismatch, Last Line: 4Resend: 5"})
        CHECK(parsed<reply::resend>(line).line == 5);
    for (const char* line : {"Resend:", "rs", "resend five", "rsx 5", "Resend: 99999999999999999999"})
        CHECK_FALSE(std::holds_alternative<reply::resend>(reply::parse(line)));
}

TEST_CASE("every form of temperatures names the same heaters")
{
    const std::vector<heater_state> one{{"tool0", 21.97, 0.0}, {"bed", 22.06, 60.0}};
    CHECK(heaters(" T:21.97 /0.00 B:22.06 /60.00 @:0 B@:0") == one);
    CHECK(heaters("T:21.97/0 B:22.06/60") == one);
    CHECK(heaters("T:21.97 / 0.0 B:22.06 / 60.0") == one);
    CHECK(heaters("T:21.97 /0.0 B:22.06 /60.0 T0:21.97 /0.0 @:0 B@:0 @0:0") == one);
    CHECK(heaters("T:5.0 /0.0 B:22.06 /60.0 T0:21.97 /0.0 T1:5.0 /0.0", 1) ==
          std::vector<heater_state>{{"tool0", 21.97, 0.0}, {"tool1", 5.0, 0.0}, {"bed", 22.06, 60.0}});
    CHECK(heaters("T:20.0 /0.0 T1:30.0 /0.0") ==
          std::vector<heater_state>{{"tool0", 20.0, 0.0}, {"tool1", 30.0, 0.0}});
    CHECK(heaters("T:20.0 /0.0", 2) == std::vector<heater_state>{{"tool2", 20.0, 0.0}});
    CHECK(heaters("T:20.0 /0.0 B:60.0 /60.0 C:35.0 /40.0 P:22.1 A:30.0").back() ==
          heater_state{"chamber", 35.0, 40.0});
    CHECK(heaters("TargetExtr0:210") == std::vector<heater_state>{{"tool0", std::nullopt, 210.0}});
    CHECK(heaters("TargetBed:60") == std::vector<heater_state>{{"bed", std::nullopt, 60.0}});
    CHECK(heaters("T:-3.50 /0.0") == std::vector<heater_state>{{"tool0", -3.5, 0.0}});
}

TEST_CASE("a heat-up that is waited for is told from a report")
{
    CHECK(parsed<reply::temperature>(" T:30.91 /200.00 B:21.97 /0.00 @:127 B@:0 W:?").report.waiting);
    CHECK(parsed<reply::temperature>("T:203.86 /205.00 B:22.06 /0.00 @:28 B@:0 W:9").report.waiting);
    CHECK(parsed<reply::temperature>("T:26.7 E:0 B:25.7").report.waiting);
    CHECK_FALSE(parsed<reply::temperature>(" T:30.91 /200.00 B:21.97 /0.00 @:127 B@:0").report.waiting);
}

TEST_CASE("what only looks like temperatures is none")
{
    for (const char* line :
         {"B:12 A:13", "Time T:20", "T:", "T:abc", "Cap:T:1", "TX:20", "T99:20.0", "T:inf", "B:20"})
        CHECK_FALSE(std::holds_alternative<reply::temperature>(reply::parse(line)));
    CHECK(parsed<reply::temperature>("T:20.0 /1e9 T1:99999").report.heaters(0).size() >= 1);
}

TEST_CASE("a position is that before the step counts")
{
    const auto at = parsed<reply::position>("X:20.24 Y:50.00 Z:0.20 E:1.50 Count X:1619 Y:4000 Z:80").at;
    CHECK((at.x_mm == 20.24 && at.y_mm == 50.0 && at.z_mm == 0.2 && at.e_mm == 1.5));
    CHECK_FALSE(std::holds_alternative<reply::position>(reply::parse("X:1 endstop open")));
}

TEST_CASE("the firmware's name may hold spaces and colons")
{
    const auto said = parsed<reply::firmware>("FIRMWARE_NAME:Marlin bugfix-2.1.x (Nov 21 2026 19:19:04) "
                                              "SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
                                              "PROTOCOL_VERSION:1.0 MACHINE_TYPE:Rig Marlin EXTRUDER_COUNT:1 "
                                              "UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff");
    CHECK(said.name == "Marlin bugfix-2.1.x (Nov 21 2026 19:19:04)");
    CHECK(said.machine == "Rig Marlin");
    CHECK(said.uuid == "cede2a2f-41a2-4748-9b12-c55c62f367ff");
    CHECK(parsed<reply::firmware>("NAME. Malyan\tVER: 3.8\tMODEL: M200").name.starts_with("Malyan"));
    CHECK(parsed<reply::capability>("Cap:AUTOREPORT_TEMP:1").on);
    CHECK_FALSE(parsed<reply::capability>("Cap:SERIAL_XON_XOFF:0").on);
}

TEST_CASE("how far the head goes is read from the geometry report, and nothing from a damaged one")
{
    const std::string good =
        "area:{full:{min:{x:-2.00,y:0.00,z:0.00},max:{x:248.00,y:231.50,z:250.00}},work:{}}";
    CHECK(parsed<reply::geometry>(good).full == travel_area{-2, 248, 0, 231.5, 250});
    for (std::size_t cut = 0; cut < good.find("},work"); ++cut)
        CHECK_FALSE(std::holds_alternative<reply::geometry>(reply::parse(good.substr(0, cut))));
    for (const auto* bad : {"area:{full:{min:{x:5,y:0,z:0},max:{x:5,y:9,z:9}}}",   // nowhere
                            "area:{full:{min:{x:0,y:0,z:0},max:{x:9,y:9,z:1e9}}}", // no printer
                            "area:{full:{min:{x:0,y:0,z:0},max:{x:nan,y:9,z:9}}}", //
                            "area:{full:{min:{y:0,x:0,z:0},max:{x:9,y:9,z:9}}}"}) {
        CAPTURE(bad);
        CHECK_FALSE(std::holds_alternative<reply::geometry>(reply::parse(bad)));
    }
}

TEST_CASE("busy, wait, boot and host actions are recognised")
{
    CHECK_FALSE(parsed<reply::busy>("echo:busy: processing").for_user);
    CHECK_FALSE(parsed<reply::busy>("busy: processing").for_user);
    CHECK(parsed<reply::busy>("echo:busy: paused for user").for_user);
    CHECK(parsed<reply::busy>("echo:busy: paused for input").for_user);
    parsed<reply::wait>("wait");
    CHECK(parsed<reply::boot>("start").start);
    CHECK(parsed<reply::boot>(std::string_view("\x00\xffstart", 7)).start);
    CHECK_FALSE(parsed<reply::boot>("Marlin 2.1.2").start);
    CHECK(parsed<reply::action>("//action:prompt_begin Nozzle Parked").text == "prompt_begin Nozzle Parked");
    CHECK(parsed<reply::action>("// action:pause").text == "pause");
    CHECK(parsed<reply::text>("// a remark").line == "// a remark");
    parsed<reply::unknown_command>("echo:Unknown command: \"J7 G1 X7 F6000\"");
    CHECK(parsed<reply::text>("echo: cold extrusion prevented").line == "echo: cold extrusion prevented");
}

TEST_CASE("errors of the wire are told from the end of the printer")
{
    CHECK(parsed<reply::line_error>("Error:checksum mismatch, Last Line: 2").last_line == 2U);
    CHECK(parsed<reply::line_error>("Error:Line Number is not Last Line Number+1, Last Line: 3").last_line ==
          3U);
    CHECK(parsed<reply::line_error>("Error:No Checksum with line number, Last Line: 4").last_line == 4U);
    CHECK(parsed<reply::halt>("Error:Printer halted. kill() called!").final);
    CHECK_FALSE(parsed<reply::halt>("Error:Heating failed, system stopped! Heater_ID: E0").final);
    parsed<reply::halt>("Error:Thermal Runaway, system stopped! Heater_ID: bed");
    parsed<reply::halt>("Error:MINTEMP triggered, system stopped! Heater_ID: E0");
    CHECK(parsed<reply::halt>("Error:Printer stopped due to errors. Fix the error and use M999 to restart.")
              .final);
    CHECK(parsed<reply::halt>("!! MCU 'mcu' shutdown: Timer too close").final);
    parsed<reply::text>("!! Must home axis first");
    parsed<reply::text>("Error:volume.init failed");
    parsed<reply::text>("echo:Heating Failed");
    CHECK(parsed<reply::halt>("fatal: sensor defect").final);
}

TEST_CASE("an ok that lost its newline still counts")
{
    CHECK(parsed<reply::temperature>("T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0ok").acknowledges);
    parsed<reply::ack>("File deleted:CUBE.GCOok");
}

TEST_CASE("lines are cut alike in any slices, and endless ones end")
{
    std::string seen;
    line_splitter splitter;
    const auto each = [&](std::string_view line, bool whole) {
        seen += std::string(line.substr(0, 8)) + (whole ? "|" : "!");
    };
    for (const char c : std::string("ok\r\n\r\nT:20\nsta"))
        splitter.feed(std::string(1, c), each);
    splitter.feed("rt\n", each);
    CHECK(seen == "ok|T:20|start|");
    seen.clear();
    splitter.feed(std::string(100000, 'x'), each);
    CHECK(seen.empty());
    splitter.feed("\nok\n", each);
    CHECK(seen == "xxxxxxxx!ok|");
}

TEST_CASE("blocking commands have a patience of their own")
{
    CHECK(blocking_time("G28"));
    CHECK(blocking_time("G28 X"));
    CHECK(blocking_time("M0 Click"));
    CHECK(blocking_time("T1"));
    CHECK(blocking_time("G4 S120") == 180s);
    CHECK(blocking_time("G4 P500") == 60500ms);
    CHECK(blocking_time("G4 S1e300") <= 25h);
    for (const char* quick : {"G1 X1", "M105", "M104 S200", "G280", "M40", "", "T"})
        CHECK_FALSE(blocking_time(quick));
}
