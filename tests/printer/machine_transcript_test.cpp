// The conversations of real Marlin, word for word, and the machine's part in them.
#include "machine_bench.hpp"

#include "printer/serial/line_codec.hpp"

using namespace layerline::tests;
using namespace layerline::printer;
using namespace layerline::printer::serial;

TEST_CASE("hello is a newline and two restarts of the line count, and does not wait for a boot message")
{
    transcript talk;
    talk.machine.opened(talk.now);
    CHECK(talk.written() == "\nN0 M110 N0*125\nN0 M110 N0*125\n");
    CHECK_FALSE(talk.machine.can_send());
    talk.says("ok\n");
    CHECK(talk.written().empty());
    talk.says("ok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
    talk.says(
        "FIRMWARE_NAME:Marlin 2.1 (Nov 21 2026 19:19:04) MACHINE_TYPE:Rig UUID:u-1\nCap:AUTOREPORT_TEMP:1\n");
    talk.says("Cap:PROMPT_SUPPORT:0\nCap:EMERGENCY_PARSER:1\narea:{full:{min:{x:0.00,y:-5.00,z:0.00},max:{x:"
              "248.00,y:231.00,"
              "z:250.00}},work:{min:{x:0.00,y:0.00,z:0.00},max:{x:235.00,y:235.00,z:250.00}}}\n");
    CHECK(talk.told<connected>().empty());
    talk.says("ok\n");
    REQUIRE(talk.told<connected>().size() == 1);
    const auto firmware = talk.told<connected>().front().firmware;
    CHECK(firmware.name == "Marlin 2.1 (Nov 21 2026 19:19:04)");
    CHECK(firmware.capabilities == std::vector<std::string>{"AUTOREPORT_TEMP", "EMERGENCY_PARSER"});
    CHECK(firmware.travel == layerline::printer::travel_area{0, 248, -5, 231, 250});
    CHECK(talk.written() == framed(2, "M155 S1"));
    talk.says("ok\n");
    CHECK(talk.written() == framed(3, "M113 S1"));
    talk.says("ok\n");
    CHECK(talk.written() == framed(4, "M105"));
    CHECK_FALSE(talk.machine.can_send());
    talk.says("ok T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0\n");
    CHECK(talk.machine.can_send());
    CHECK(talk.told<temperatures>().size() == 1);
}

TEST_CASE("a board that boots on opening is greeted again after its start")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.wait(1500ms);
    talk.says("start\nPowerUp\nMarlin bugfix-2.1.x\necho: Last Updated: 2024-01-06\necho:SD card ok\n"
              "//action:notification Stored settings retrieved\n");
    CHECK(talk.written() == "\nN0 M110 N0*125\nN0 M110 N0*125\n");
    CHECK(talk.told<was_reset>().empty());
    talk.says("ok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
}

TEST_CASE("a lost first ok costs a fifth of a second, lost greetings two seconds")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.wait(1999ms);
    CHECK(talk.written().empty());
    talk.wait(1ms);
    CHECK(talk.written() == "\nN0 M110 N0*125\nN0 M110 N0*125\n");
    talk.says("ok\n");
    talk.wait(199ms);
    CHECK(talk.written().empty());
    talk.wait(1ms);
    CHECK(talk.written() == framed(1, "M115"));
}

TEST_CASE("a half line of a dead predecessor does not disturb hello")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.says("Error:No Checksum with line number, Last Line: 712\nResend: 713\nok\nok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
    talk.says("FIRMWARE_NAME:Marlin\nok\n");
    CHECK(talk.machine.is_connected());
}

TEST_CASE("nobody there is told as silence, nonsense as a wrong baud rate")
{
    transcript talk;
    talk.machine.opened(talk.now);
    SECTION("silence")
    {
        talk.wait(60s);
        REQUIRE(talk.told<gone_silent>().size() == 1);
        CHECK(talk.told<gone_silent>().front().text.find("no firmware answers") != std::string::npos);
    }
    SECTION("nonsense")
    {
        for (int second = 0; second < 60; ++second) {
            talk.says("\x80\xf0\x81\xf2\xf3\n\xc0\xc1");
            talk.wait(1s);
        }
        REQUIRE(talk.told<gone_silent>().size() == 1);
        CHECK(talk.told<gone_silent>().front().text.find("baud") != std::string::npos);
    }
    CHECK_FALSE(talk.machine.next_wakeup());
    CHECK(talk.machine.output().empty());
    CHECK_FALSE(talk.machine.send_urgent("M112", talk.now));
}

TEST_CASE("a printer that is heating when we come is waited for, not flooded")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    std::string more;
    for (int second = 0; second < 300; ++second) {
        talk.says(" T:30.91 /200.00 B:21.97 /0.00 @:127 B@:0 W:?\n");
        talk.wait(1s);
        more += talk.written();
    }
    CHECK(more.size() < 100);
    CHECK(talk.told<gone_silent>().empty());
    talk.says("ok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
}

TEST_CASE("firmware without M115 is connected all the same")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.says("ok\nok\n");
    talk.wait(0ms);
    talk.written();
    talk.says("echo:Unknown command: \"M115\"\nok\n");
    talk.wait(1s);
    CHECK(talk.written() == framed(2, "M115"));
    talk.says("echo:Unknown command: \"M115\"\nok\n");
    talk.wait(1s);
    CHECK(talk.machine.is_connected());
    CHECK(talk.written() == framed(3, "M113 S1"));
}

TEST_CASE("an ok of hello that comes late does not end the list of capabilities early")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.says("ok\n");
    talk.wait(200ms);
    talk.written();
    talk.says("ok\nFIRMWARE_NAME:Marlin\nCap:AUTOREPORT_TEMP:1\n");
    CHECK(talk.told<connected>().empty());
    talk.says("Cap:EMERGENCY_PARSER:1\nok\n");
    REQUIRE(talk.told<connected>().size() == 1);
    CHECK(talk.told<connected>().front().firmware.capabilities.size() == 2);
}

TEST_CASE("a wrong checksum is mended by sending the line again, and the resend's ok is nobody's")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X3", 30, talk.now);
    CHECK(talk.written() == framed(n, "G1 X3"));
    talk.says("Error:checksum mismatch, Last Line: " + std::to_string(n - 1) +
              "\nResend: " + std::to_string(n) + "\n");
    CHECK_FALSE(talk.machine.can_send());
    CHECK(talk.written().empty());
    talk.says("ok\n");
    CHECK(talk.tags().empty());
    CHECK(talk.written() == framed(n, "G1 X3"));
    talk.says("ok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
    CHECK(talk.machine.resends() == 1);
    CHECK(talk.told<resend_asked>().front().line == n);
}

TEST_CASE("a resend request without an ok is followed after a fifth of a second")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X3", 30, talk.now);
    talk.written();
    talk.says("Resend: " + std::to_string(n) + "\n");
    talk.wait(199ms);
    CHECK(talk.written().empty());
    talk.wait(1ms);
    CHECK(talk.written() == framed(n, "G1 X3"));
    talk.says("ok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
}

TEST_CASE("a lost ok is noticed by a numbered question after 400 ms")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X3", 30, talk.now);
    talk.written();
    talk.wait(399ms);
    CHECK(talk.written().empty());
    talk.wait(1ms);
    CHECK(talk.written() == framed(n + 1, "M105"));
    CHECK(talk.machine.probes() == 1);
    SECTION("the ok was lost")
    {
        talk.says("ok T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0\n");
        CHECK(talk.tags() == std::vector<std::uint64_t>{30});
        CHECK(talk.machine.can_send());
    }
    SECTION("the ok was only slow")
    {
        talk.says("ok\n");
        CHECK(talk.tags() == std::vector<std::uint64_t>{30});
        CHECK_FALSE(talk.machine.can_send());
        talk.says("ok T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0\n");
        CHECK(talk.machine.can_send());
    }
    SECTION("the line itself was lost")
    {
        talk.says("Error:Line Number is not Last Line Number+1, Last Line: " + std::to_string(n - 1) +
                  "\nResend: " + std::to_string(n) + "\nok\n");
        CHECK(talk.tags().empty());
        talk.wait(100ms);
        CHECK(talk.written() == framed(n, "G1 X3"));
        talk.says("ok\n");
        CHECK(talk.tags() == std::vector<std::uint64_t>{30});
        CHECK(talk.written() == framed(n + 1, "M105"));
        talk.says("ok T:20.0 /0.0\n");
        CHECK(talk.machine.can_send());
    }
    SECTION("the question's answer is lost too")
    {
        talk.wait(800ms);
        CHECK(talk.written() == framed(n + 2, "M105"));
        talk.says("ok T:20.0 /0.0\n");
        // That answer may be the first question's; either way the line before both was accepted.
        CHECK(talk.tags() == std::vector<std::uint64_t>{30});
        talk.wait(1s);
        CHECK(talk.machine.can_send());
    }
}

TEST_CASE("questions are few while a board without busy lines works on")
{
    transcript talk;
    talk.connect("Cap:AUTOREPORT_TEMP:1\n");
    talk.machine.send("G1 X300 F10", 30, talk.now);
    talk.written();
    std::string asked;
    for (int second = 0; second < 60; ++second) {
        talk.wait(1s);
        talk.says(" T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0\n");
        asked += talk.written();
    }
    CHECK(std::count(asked.begin(), asked.end(), '\n') <= 8);
    CHECK(asked.size() + framed(5, "G1 X300 F10").size() <= 128);
    CHECK(talk.told<gone_silent>().empty());
    // It goes on as soon as the ok comes.
    talk.says("ok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
}

TEST_CASE("busy lines each second keep questions away, and their end brings one")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G28", 30, talk.now);
    talk.written();
    for (int second = 0; second < 30; ++second) {
        talk.wait(1s);
        talk.says("echo:busy: processing\n");
        CHECK(talk.written().empty());
    }
    talk.says("X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000\n");
    CHECK(talk.told<positioned>().front().at.z_mm == 5.0);
    CHECK(talk.told<busy>().size() == 30);
    talk.wait(1399ms);
    CHECK(talk.written().empty());
    talk.wait(1ms);
    CHECK(talk.written() == framed(n + 1, "M105"));
}

TEST_CASE("heating with M109 is patient as long as its temperatures come")
{
    transcript talk;
    talk.connect();
    talk.machine.send("M109 S200", 30, talk.now);
    talk.written();
    for (int second = 0; second < 600; ++second) {
        talk.says(" T:30.91 /200.00 B:21.97 /0.00 @:127 B@:0 W:?\n");
        talk.wait(1s);
        REQUIRE(talk.written().empty());
    }
    CHECK(talk.told<temperatures>().back().heaters.front() == heater_state{"tool0", 30.91, 200.0});
    REQUIRE(talk.machine.send_urgent("M108", talk.now));
    CHECK(talk.written() == "M108\n");
    talk.says("ok\nok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
    CHECK(talk.machine.can_send());
    talk.machine.send("G1 X1", 31, talk.now);
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
}

TEST_CASE("paused for a person, nothing is asked however long it takes")
{
    transcript talk;
    talk.connect();
    talk.machine.send("M0 Click to go", 30, talk.now);
    talk.written();
    talk.says("echo:Click to go\n//action:prompt_begin Click to go\n//action:prompt_button Continue\n"
              "//action:prompt_show\n");
    CHECK(talk.told<host_action>().front().text == "prompt_begin Click to go");
    for (int times = 0; times < 1000; ++times) {
        talk.wait(times == 0 ? 1s : 2s); // M113 S1 was taken, so the first word comes within a second
        talk.says("echo:busy: paused for user\n");
    }
    CHECK(talk.written().empty());
    CHECK(talk.told<busy>().back().for_user);
    REQUIRE(talk.machine.send_urgent("M876 S0", talk.now));
    CHECK(talk.written() == "M876 S0\n");
    talk.says("ok\nok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
}

TEST_CASE("reports between a line and its ok are no acknowledgement")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X3", 30, talk.now);
    talk.written();
    talk.says(
        " T:21.97 /0.00 B:22.06 /0.00 @:0 B@:0\nSD printing byte 940/14896\n//action:notification hi\n");
    CHECK(talk.tags().empty());
    CHECK(talk.told<said>().front().text == "SD printing byte 940/14896");
    talk.says("o");
    CHECK(talk.tags().empty());
    talk.says("k\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{30});
}

TEST_CASE("surplus acknowledgements give no credit")
{
    transcript talk;
    const auto n = talk.connect();
    talk.says("ok\nok\nokok\n");
    talk.machine.send("G1 X1", 1, talk.now);
    CHECK_FALSE(talk.machine.can_send());
    CHECK(talk.written() == framed(n, "G1 X1"));
    CHECK(talk.tags().empty());
    talk.says("ok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("damage to the number itself shows at the next line and loses nothing")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X7 F6000", 7, talk.now);
    talk.written();
    talk.says("echo:Unknown command: \"J7 G1 X7 F6000\"\nok\n");
    CHECK(talk.told<unknown_command>().size() == 1);
    SECTION("with a next line")
    {
        talk.machine.send("G1 X8", 8, talk.now);
        talk.written();
        talk.says("Error:Line Number is not Last Line Number+1, Last Line: " + std::to_string(n - 1) +
                  "\nResend: " + std::to_string(n) + "\nok\n");
        talk.wait(100ms);
        CHECK(talk.written() == framed(n, "G1 X7 F6000"));
        talk.says("ok\n");
        CHECK(talk.written() == framed(n + 1, "G1 X8"));
        talk.says("ok\n");
        CHECK(talk.tags() == std::vector<std::uint64_t>{7, 8});
    }
    SECTION("without one, a question finds out")
    {
        talk.wait(400ms);
        CHECK(talk.written() == framed(n + 1, "M105"));
        talk.says("Error:Line Number is not Last Line Number+1, Last Line: " + std::to_string(n - 1) +
                  "\nResend: " + std::to_string(n) + "\nok\n");
        talk.wait(100ms);
        CHECK(talk.written() == framed(n, "G1 X7 F6000"));
    }
}

TEST_CASE("a request for the line that comes next means that all arrived")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    talk.written();
    talk.says("Resend: " + std::to_string(n + 1) + "\nok\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{1});
    CHECK(talk.machine.can_send());
    CHECK(talk.written().empty());
}

TEST_CASE("the same line asked for ten times is given up with a clear text")
{
    transcript talk;
    const auto n = talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    for (int times = 0; times < 10; ++times) {
        talk.written();
        talk.says("Resend: " + std::to_string(n) + "\nok\n");
    }
    REQUIRE(talk.told<gone_silent>().size() == 1);
    CHECK(talk.told<gone_silent>().front().text.find("again and again") != std::string::npos);
    CHECK_FALSE(talk.machine.is_connected());
}

TEST_CASE("a request for a line that is no longer kept counts as damaged, and fails when it is meant")
{
    machine_settings settings;
    settings.history = 16;
    transcript talk(settings);
    talk.connect();
    for (std::uint64_t tag = 0; tag < 100; ++tag) {
        talk.machine.send("G1 X1", tag, talk.now);
        talk.written();
        talk.says("ok\n");
    }
    talk.machine.send("G1 X2", 100, talk.now);
    const auto line = talk.written();
    talk.says("Resend: 20\nok\n");
    CHECK(talk.told<gone_silent>().empty());
    talk.wait(1000ms);
    CHECK(talk.written().find("M105") != std::string::npos); // its number makes the firmware ask again
    talk.says("Resend: " + line.substr(1, line.find(' ') - 1) + "\nok\n");
    talk.wait(200ms);
    CHECK(talk.written().find(line) != std::string::npos);
    talk.says("ok\n");
    CHECK(talk.tags().back() == 100);
    for (int again = 0; again < 3; ++again)
        talk.says("Resend: 20\nok\n");
    REQUIRE(talk.told<gone_silent>().size() == 1);
    CHECK(talk.told<gone_silent>().front().text.find("no longer kept") != std::string::npos);
}

TEST_CASE("500 lines back can still be sent again")
{
    transcript talk;
    const auto n = talk.connect();
    for (std::uint64_t tag = 0; tag < 600; ++tag) {
        talk.machine.send("G1 X" + std::to_string(tag), tag, talk.now);
        talk.written();
        talk.says("ok\n");
    }
    talk.says("Resend: " + std::to_string(n + 100) + "\nok\n");
    for (std::uint64_t tag = 100; tag < 600; ++tag) {
        REQUIRE(talk.written() == framed(n + tag, "G1 X" + std::to_string(tag)));
        talk.says("ok\n");
    }
    CHECK(talk.tags().size() == 600); // none told twice
    CHECK(talk.machine.can_send());
}

TEST_CASE("with numbered acknowledgements several lines are under way, never more bytes than fit")
{
    machine_settings settings;
    settings.window_lines = 4;
    transcript talk(settings);
    const auto n = talk.connect("", true);
    std::string under_way;
    std::uint64_t tag = 0;
    while (talk.machine.can_send() && tag < 100) {
        talk.machine.send("G1 X100.123 Y100.123 E12.34567", tag++, talk.now);
        under_way += talk.written();
    }
    CHECK(std::count(under_way.begin(), under_way.end(), '\n') >= 2);
    CHECK(under_way.size() <= 128);
    // One acknowledgement stands for all lines up to its number.
    talk.says("ok N" + std::to_string(n + 1) + " P14 B2\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{0, 1});
    talk.says("ok N" + std::to_string(n + 1) + " P14 B2\n");
    CHECK(talk.tags().size() == 2);
    // After damage: one line at a time.
    talk.written();
    talk.says("Resend: " + std::to_string(n + 2) + "\nok\n");
    talk.wait(100ms);
    CHECK(talk.written() == framed(n + 2, "G1 X100.123 Y100.123 E12.34567"));
    CHECK_FALSE(talk.machine.can_send());
}

TEST_CASE("requests caused by lines that were under way are absorbed")
{
    machine_settings settings;
    settings.window_lines = 4;
    transcript talk(settings);
    const auto n = talk.connect("", true);
    for (std::uint64_t tag = 0; tag < 4; ++tag)
        if (talk.machine.can_send()) talk.machine.send("G1 X" + std::to_string(tag), tag, talk.now);
    talk.written();
    const std::string asks = "Error:x\nResend: " + std::to_string(n) + "\nok\n";
    talk.says(asks);
    talk.wait(20ms);
    talk.says(asks);
    talk.wait(20ms);
    talk.says(asks);
    CHECK(talk.written().empty());
    talk.wait(100ms);
    for (std::uint64_t tag = 0; tag < 4; ++tag) {
        CHECK(talk.written() == framed(n + tag, "G1 X" + std::to_string(tag)));
        talk.says("ok N" + std::to_string(n + tag) + " P15 B3\n");
    }
    CHECK(talk.tags() == std::vector<std::uint64_t>{0, 1, 2, 3});
    CHECK(talk.machine.resends() == 1);
}

TEST_CASE("a thermal fault is told as one, with all its lines, and silences us")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    talk.says(
        "Error:Heating failed, system stopped! Heater_ID: E0\necho:Home XYZ First\necho:Heating Failed\n");
    CHECK(talk.told<killed>().empty());
    talk.says("Error:Printer halted. kill() called!\n//action:poweroff\n");
    REQUIRE(talk.told<killed>().size() == 1);
    const auto text = talk.told<killed>().front().text;
    CHECK(text.find("Heating failed") != std::string::npos);
    CHECK(text.find("kill() called") != std::string::npos);
    CHECK_FALSE(talk.machine.can_send());
    talk.written();
    talk.wait(10min);
    CHECK(talk.written().empty());
    CHECK(talk.told<gone_silent>().empty());
    CHECK(talk.machine.send_urgent("M112", talk.now));
    CHECK(talk.written() == "M112\n");
}

TEST_CASE("a thermal fault whose last words are lost is told after half a second")
{
    transcript talk;
    talk.connect();
    talk.says("Error:MINTEMP triggered, system stopped! Heater_ID: E0\n");
    talk.wait(500ms);
    CHECK(talk.told<killed>().size() == 1);
}

TEST_CASE("a board that resets while idle is greeted again without being moved or heated")
{
    transcript talk;
    talk.connect();
    talk.says("start\n");
    CHECK(talk.told<was_reset>().size() == 1);
    CHECK_FALSE(talk.machine.can_send());
    CHECK(talk.written() == "\nN0 M110 N0*125\nN0 M110 N0*125\n");
    talk.says("Marlin 2.1\nok\nok\n");
    talk.wait(0ms);
    CHECK(talk.written() == framed(1, "M115"));
    talk.says("FIRMWARE_NAME:Marlin\nok\n");
    CHECK(talk.told<connected>().size() == 1);
    CHECK(talk.told<was_reset>().size() == 1);
}

TEST_CASE("a reset whose start was lost shows in the printer's line count")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    talk.written();
    talk.says("Error:Line Number is not Last Line Number+1, Last Line: 0\nResend: 1\nok\n");
    CHECK(talk.told<was_reset>().size() == 1);
    CHECK(talk.written() == "\nN0 M110 N0*125\nN0 M110 N0*125\n");
}

TEST_CASE("total silence while an ok is owed ends the connection")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    for (int ms = 0; ms < 29900; ms += 100) {
        talk.written();
        talk.wait(100ms);
    }
    CHECK(talk.told<gone_silent>().empty());
    talk.wait(1s);
    CHECK(talk.told<gone_silent>().size() == 1);
}

TEST_CASE("an idle printer that goes dead is noticed by our own questions")
{
    transcript talk;
    talk.connect("");
    for (int second = 0; second < 60; ++second) {
        talk.wait(1s);
        talk.written();
    }
    CHECK(talk.told<gone_silent>().size() == 1);
}

TEST_CASE("an idle printer without autoreports is asked each three seconds and may be idle for ever")
{
    transcript talk;
    talk.connect("");
    int asked = 0;
    for (int second = 0; second < 600; ++second) {
        talk.wait(1s);
        if (talk.written().find("M105") != std::string::npos) {
            ++asked;
            talk.says("ok T:20.0 /0.0\n");
        }
    }
    CHECK(asked >= 190);
    CHECK(asked <= 201);
    CHECK(talk.told<gone_silent>().empty());
    CHECK(talk.machine.probes() == 0);
}

TEST_CASE("a port that takes no bytes is given up, not waited on for ever")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    talk.wait(31s);
    REQUIRE(talk.told<gone_silent>().size() == 1);
    CHECK(talk.told<gone_silent>().front().text.find("takes no more bytes") != std::string::npos);
}

TEST_CASE("an urgent line goes ahead of what waits, but never into a line that has begun")
{
    transcript talk;
    const auto n = talk.connect();
    const auto line = framed(n, "G1 X1");
    SECTION("not begun")
    {
        talk.machine.send("G1 X1", 1, talk.now);
        talk.machine.send_urgent("M112", talk.now);
        CHECK(talk.written() == "M112\n" + line);
    }
    SECTION("begun")
    {
        talk.machine.send("G1 X1", 1, talk.now);
        talk.machine.consumed(3, talk.now);
        talk.machine.send_urgent("M112", talk.now);
        CHECK(talk.written() == line.substr(3) + "M112\n");
    }
    SECTION("at most four wait, and none with a newline in it")
    {
        CHECK_FALSE(talk.machine.send_urgent("M112\nG28", talk.now));
        int taken = 0;
        while (taken < 10 && talk.machine.send_urgent("M108", talk.now))
            ++taken;
        CHECK(taken >= 4);
        CHECK(taken <= 5);
    }
}

TEST_CASE("wait from an idle firmware stands for an ok that was lost long ago")
{
    transcript talk;
    talk.connect();
    talk.machine.send("G1 X1", 1, talk.now);
    talk.written();
    talk.says("wait\n");
    CHECK(talk.tags().empty());
    talk.wait(450ms);
    talk.written();
    talk.wait(400ms);
    talk.written();
    talk.says("wait\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("firmware that answers M105 in two parts recovers from a lost ok")
{
    transcript talk;
    talk.machine.opened(talk.now);
    talk.written();
    talk.says("ok\nok\n");
    talk.wait(0ms);
    talk.written();
    talk.says("FIRMWARE_NAME:Repetier\nok\n");
    while (!talk.written().empty())
        talk.says("ok\nT:20.0 /0 B:20.0 /0\n");
    REQUIRE(talk.machine.can_send());
    talk.machine.send("G1 X1", 1, talk.now);
    talk.written();
    talk.wait(400ms);
    REQUIRE(talk.written().find("M105") != std::string::npos);
    talk.says("ok\nT:20.0 /0 B:20.0 /0\n");
    CHECK(talk.tags() == std::vector<std::uint64_t>{1});
    talk.wait(1500ms);
    CHECK(talk.machine.can_send());
}

TEST_CASE("a firmware that babbles does not fill our memory")
{
    transcript talk;
    talk.connect();
    for (int times = 0; times < 20000; ++times)
        talk.machine.receive("echo:babble\n", talk.now);
    std::size_t events = 0;
    while (talk.machine.next_event())
        ++events;
    CHECK(events <= 1024);
}
