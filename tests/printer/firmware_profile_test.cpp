// Families of firmware: told by what M115 says, and where the machine and the host differ by them.
#include "host_bench.hpp"
#include "machine_bench.hpp"
#include "printer/serial/firmware_profile.hpp"
#include "printer/serial/reply_parser.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace layerline::tests;

namespace {

firmware_kind kind_by(std::string_view line)
{
    const auto read = reply::parse(line);
    const auto* told = std::get_if<reply::firmware>(&read);
    REQUIRE(told);
    return kind_of({std::string(told->name), std::string(told->machine), std::string(told->uuid), {}});
}

// Through hello to ready, with an M115 of these words; what was asked for then.
std::string connect_as(transcript& with, std::string_view words, bool numbers = false)
{
    with.machine.opened(with.now);
    with.written();
    with.says("ok\nok\n");
    with.wait(0ms);
    with.written();
    with.says(std::string(words) + "\nok\n");
    std::string asked;
    std::uint64_t number = 2;
    for (std::string sent = with.written(); !sent.empty(); sent = with.written()) {
        asked += sent;
        for (std::size_t at = 0; at < sent.size(); at = sent.find('\n', at) + 1, ++number) {
            const auto line = sent.substr(at, sent.find('\n', at) - at);
            const bool heat = line.find("M105") != std::string::npos;
            if (numbers)
                with.says("ok " + std::to_string(number) + (heat ? "\nT:20.0 /0 B:20.0 /0\n" : "\n"));
            else
                with.says(heat ? "ok T:20.0 /0.0 B:20.0 /0.0\n" : "ok\n");
        }
    }
    REQUIRE(with.machine.is_connected());
    return asked;
}

constexpr auto repetier = "FIRMWARE_NAME:Repetier_1.0.4 COMPILED:x PROTOCOL_VERSION:1.0 MACHINE_TYPE:Core_XY";

} // namespace

TEST_CASE("the family is read out of the firmware's own name")
{
    CHECK(kind_by("FIRMWARE_NAME:Marlin bugfix-2.1.x (Nov 21 2026 19:19:04) SOURCE_CODE_URL:x") ==
          firmware_kind::marlin2);
    CHECK(kind_by("FIRMWARE_NAME:Marlin 1.1.9 (Github) SOURCE_CODE_URL:x") == firmware_kind::marlin1);
    CHECK(kind_by("FIRMWARE_NAME:Marlin V1; Sprinter/grbl mashup for gen6 FIRMWARE_URL:x") ==
          firmware_kind::marlin1);
    CHECK(kind_by("FIRMWARE_NAME:Prusa-Firmware 3.13.0 based on Marlin FIRMWARE_URL:x") ==
          firmware_kind::prusa);
    CHECK(kind_by("FIRMWARE_NAME:Prusa-Firmware-Buddy 5.1.2+13478 (Github) SOURCE_CODE_URL:x") ==
          firmware_kind::marlin2);
    CHECK(kind_by(repetier) == firmware_kind::repetier);
    CHECK(
        kind_by("FIRMWARE_NAME:Smoothieware, FIRMWARE_URL:http%3A//smoothieware.org, X-SOURCE_CODE_URL:x") ==
        firmware_kind::smoothie);
    CHECK(kind_by("FIRMWARE_NAME: RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: 3.4.5") ==
          firmware_kind::reprapfirmware);
    CHECK(kind_by("FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12.0") == firmware_kind::klipper);
    CHECK(kind_by("FIRMWARE_NAME:Teacup FIRMWARE_URL:x") == firmware_kind::unknown);
    CHECK(kind_of({}) == firmware_kind::unknown);
}

TEST_CASE("every family has a name of its own, and a row in the documentation")
{
    std::ifstream in(LAYERLINE_DOCS_DIR "/firmware.md");
    std::stringstream page;
    page << in.rdbuf();
    std::set<std::string_view> names;
    for (const auto& one : firmware_profiles()) {
        INFO(one.name);
        CHECK(names.insert(one.name).second);
        CHECK(firmware_named(one.name) == one.kind);
        CHECK(page.str().find("| `" + std::string(one.name) + "` |") != std::string::npos);
    }
    CHECK_FALSE(firmware_named("marlin"));
    CHECK(names.size() == static_cast<std::size_t>(firmware_kind::klipper) + 1);
}

TEST_CASE("a busy line each second is asked of those that can, and of no others")
{
    for (const auto& [words, asks] : std::vector<std::pair<std::string, bool>>{
             {"FIRMWARE_NAME:Marlin 2.1.2", true},
             {"FIRMWARE_NAME:Prusa-Firmware 3.13.0 based on Marlin", true},
             {repetier, false},
             {"FIRMWARE_NAME:Smoothieware, X", false},
             {"FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12", false}}) {
        INFO(words);
        transcript with;
        CHECK((connect_as(with, words).find("M113 S1") != std::string::npos) == asks);
    }
}

TEST_CASE("what the owner says of the family goes above what M115 says")
{
    transcript with(machine_settings{.kind = firmware_kind::repetier});
    CHECK(connect_as(with, "FIRMWARE_NAME:Marlin 2.1.2").find("M113") == std::string::npos);
    const auto told = with.told<connected>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].kind == firmware_kind::repetier);
}

TEST_CASE("where each ok tells its line, one for nothing moves nothing on")
{
    transcript with;
    connect_as(with, repetier, true);
    with.events.clear();
    const auto next = [&] {
        const auto sent = with.written();
        return std::stoul(sent.substr(1));
    };
    with.machine.send("G1 X1", 1, with.now);
    const auto first = next();
    with.says("skip 2\nok\n"); // a repeat that it had already
    CHECK(with.tags().empty());
    with.says("ok " + std::to_string(first - 1) + "\n"); // told before
    CHECK(with.tags().empty());
    with.says("ok " + std::to_string(first) + "\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
    with.machine.send("G1 X2", 2, with.now);
    with.written();
    with.says("Error:expected line " + std::to_string(first + 1) + " got " + std::to_string(first + 9) +
              "\nResend:" + std::to_string(first + 1) + "\nok\n");
    CHECK(with.tags().size() == 1);
    CHECK(with.written().find("G1 X2") != std::string::npos);
    with.says("ok " + std::to_string(first + 1) + "\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a number behind an ok means nothing to other families")
{
    transcript with;
    connect_as(with, "FIRMWARE_NAME:Marlin 2.1.2");
    with.events.clear();
    with.machine.send("G1 X1", 1, with.now);
    with.written();
    with.says("ok 0\n");
    CHECK(with.tags() == std::vector<std::uint64_t>{1});
}

TEST_CASE("firmware without busy lines may be silent for minutes in a slow move")
{
    for (const auto& [words, patient] : std::vector<std::pair<std::string, bool>>{
             {"FIRMWARE_NAME:Marlin 2.1.2", false}, {"FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12", true}}) {
        INFO(words);
        transcript with;
        connect_as(with, words);
        with.events.clear();
        with.machine.send("G1 Z300 F60", 1, with.now);
        with.written();
        for (int second = 0; second < 120; ++second) {
            with.wait(1s);
            with.written();
        }
        CHECK(with.told<gone_silent>().empty() == patient);
    }
}

TEST_CASE("motors are kept on by a time only where the firmware knows it")
{
    for (const auto& one : firmware_profiles()) {
        INFO(one.name);
        host_bench bench;
        bench.core.port_opened(bench.now);
        bench.core.on_event(connected{firmware_info{"x", "y", "z", {}}, one.kind}, bench.now);
        bench.heat(22, 0, 22, 0);
        bench.start({"G28", "G1 X1 F600"});
        CHECK(bench.where_now() == phase::finished);
        const bool knows = one.kind != firmware_kind::smoothie && one.kind != firmware_kind::klipper;
        CHECK(bench.was_sent("M84 S0") == knows);
        CHECK(bench.was_sent("M84 S600") == knows);
    }
}

TEST_CASE("a pause from a Prusa's own panel goes on by its own command")
{
    host_bench bench;
    bench.core.port_opened(bench.now);
    bench.core.on_event(connected{firmware_info{"x", "y", "z", {}}, firmware_kind::prusa}, bench.now);
    bench.heat(22, 0, 22, 0);
    bench.most_sent = 10;
    std::vector<std::string> lines;
    for (int i = 0; i < 100; ++i)
        lines.push_back("G1 X" + std::to_string(i));
    bench.start(lines);
    bench.hear(host_action{"paused"});
    REQUIRE(bench.where_now() == phase::paused);
    bench.most_sent = 1000;
    bench.run();
    CHECK(bench.done(bench.ask(resume_job{})));
    CHECK(bench.sent.back() == "M602");
    bench.hear(host_action{"resumed"});
    CHECK(bench.where_now() == phase::finished);
}

TEST_CASE("the last words of each family are understood")
{
    for (const auto* text :
         {"!!", "Error:Printer halted. kill() called!", "fatal:Heater/sensor error", "!! Printer is shutdown",
          "Error: Heating fault on heater 1, temperature rising too slowly", "ALARM: Hard limit +X",
          "Error: Emergency Stop! Reset the controller to continue."}) {
        INFO(text);
        CHECK(std::holds_alternative<reply::halt>(reply::parse(text)));
    }
    CHECK_FALSE(std::holds_alternative<reply::halt>(reply::parse("!! Must home axis first: 10.000 0.000")));
    for (const auto* text : {"Error:Wrong checksum", "Error:expected line 5 got 7", "Error:Missing checksum"})
        CHECK(std::holds_alternative<reply::line_error>(reply::parse(text)));
}
