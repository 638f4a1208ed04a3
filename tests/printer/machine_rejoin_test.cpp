// The protocol machine in the middle of another host's print, word for word.
#include "machine_bench.hpp"

#include "printer/serial/line_codec.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;
using namespace layerline::printer::serial;

namespace {

constexpr std::string_view identity =
    "FIRMWARE_NAME:Marlin test MACHINE_TYPE:Rig UUID:u-1\nCap:AUTOREPORT_TEMP:1\n"
    "Cap:EMERGENCY_PARSER:1\n";

std::optional<std::uint64_t> last_line(const transcript& bench)
{
    const auto told = bench.told<rejoined>();
    return told.empty() ? std::nullopt : std::optional(told.back().last_line);
}

} // namespace

TEST_CASE("a firmware that tells its line number is asked nothing more, and the count goes on behind it")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    CHECK(bench.written() == "\nM110\nM115\n");
    bench.says("ok\nok\n"); // of the dead host's last lines
    bench.says("Line: 41\nok\n");
    CHECK_FALSE(last_line(bench));
    bench.says(std::string(identity) + "ok\n");
    CHECK(last_line(bench) == 41);
    REQUIRE(bench.told<connected>().size() == 1);
    CHECK(bench.told<connected>()[0].firmware.machine == "Rig");
    CHECK(bench.written() == framed(42, "M155 S1"));
    CHECK(bench.machine.accepted_number() == 41);
    bench.says("ok\n");
    CHECK(bench.written() == framed(43, "M113 S1"));
    bench.says("ok\n");
    CHECK(bench.written() == framed(44, "M105"));
    bench.says("ok T:200.0 /200.0\n");
    REQUIRE(bench.machine.can_send());
    bench.machine.send("G1 X1", 7, bench.now);
    CHECK(bench.written() == framed(45, "G1 X1"));
    CHECK(bench.machine.next_number() == 46);
    bench.says("ok\n");
    CHECK(bench.tags() == std::vector<std::uint64_t>{7});
}

TEST_CASE("other firmware tells its last line with the error that a wrong number provokes")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    bench.says("ok\n");
    bench.says(std::string(identity) + "ok\n");
    CHECK_FALSE(last_line(bench));
    CHECK(bench.written() == framed(5000, "M105"));
    bench.says("Error:Line Number is not Last Line Number+1, Last Line: 123\nResend: 124\n");
    CHECK_FALSE(last_line(bench)); // its ok is still to come, and is no line's
    bench.says("ok\n");
    CHECK(last_line(bench) == 123);
    CHECK(bench.written() == framed(124, "M155 S1"));
    CHECK(bench.tags().empty());
}

TEST_CASE("an error about the dead host's lines is not taken for the answer")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    // Its half line, ended by our newline; then the line that it had sent again after all.
    bench.says("Error:No Checksum with line number, Last Line: 98\nResend: 99\nok\n");
    bench.says("ok\nok\n");
    CHECK_FALSE(last_line(bench));
    bench.says(std::string(identity) + "ok\n");
    CHECK_FALSE(last_line(bench));
    CHECK(bench.written() == framed(5000, "M105"));
    bench.says("Error:Line Number is not Last Line Number+1, Last Line: 99\nResend: 100\nok\n");
    CHECK(last_line(bench) == 99);
}

TEST_CASE("a resend without an ok, and one that tells no last line, do as well")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    bench.says(std::string(identity) + "ok\n");
    bench.written();
    bench.says("Resend:8\n");
    CHECK_FALSE(last_line(bench));
    bench.wait(250ms);
    CHECK(last_line(bench) == 7);
}

TEST_CASE("a wrong number that gets lost is asked again, with another one")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    bench.says(std::string(identity) + "ok\n");
    bench.written();
    bench.wait(1100ms);
    CHECK(bench.written() == framed(5001, "M105"));
    bench.says("Error:Line Number is not Last Line Number+1, Last Line: 5\nResend: 6\nok\n");
    CHECK(last_line(bench) == 5);
}

TEST_CASE("firmware that does not tell its last line is given up, and so is one that says nothing")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    SECTION("takes any number")
    {
        bench.says(std::string(identity) + "ok\n");
        for (int i = 0; i < 5; ++i) {
            bench.written();
            bench.says("ok T:20 /0\n");
            bench.wait(1100ms);
        }
    }
    SECTION("is silent")
    {
        bench.wait(20s);
    }
    CHECK_FALSE(last_line(bench));
    CHECK(bench.told<gone_silent>().size() == 1);
}

TEST_CASE("a printer that is busy with the dead host's lines is waited for")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    for (int i = 0; i < 40; ++i) {
        bench.wait(1s);
        bench.says("echo:busy: processing\n");
    }
    CHECK(bench.written().empty()); // each question would only fill its queue
    bench.says("ok\nLine: 3\nok\n" + std::string(identity) + "ok\n");
    CHECK(last_line(bench) == 3);
}

TEST_CASE("a board that boots while it is asked was reset")
{
    transcript bench;
    bench.machine.rejoin(5000, bench.now);
    bench.written();
    bench.says("start\n");
    CHECK(bench.told<was_reset>().size() == 1);
    CHECK(bench.written().find("M110 N0") != std::string::npos);
}
