// The emergency stop through the real programs: what the phone is told of a printer that confirms it, and of
// one that cannot read it.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

void allow(rig& at, const std::string& policy)
{
    std::ofstream(at.path("policy.toml")) << policy;
    at.options().agent_toml =
        "[files]\nreserve_mb = 1\n[policy]\nfile = \"" + at.path("policy.toml").string() + "\"\n";
}

void begin(rig& at)
{
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
}

} // namespace

TEST_CASE("a stop that the firmware confirms says so, on the command line too", "[emergency]")
{
    rig at;
    at.start_all();
    const auto said = at.cli({"emergency-stop"});
    INFO(said.output);
    CHECK(said.exit_code == 0);
    CHECK(said.output.find("The printer confirmed the stop.") != std::string::npos);
    const auto state = at.at_relay("GET", "status").json();
    CHECK(state["Result"]["Layerline"]["BedClear"] == false);
}

TEST_CASE("a stop that the firmware cannot read tries what the owner allowed and tells each step",
          "[emergency]")
{
    rig at({.printer = {"--no-emergency-parser"}});
    allow(at, "[emergency]\nbreak_waits = true\nreset_board = true\npower_device = \"relay\"\n");
    begin(at);
    at.printer->signal(SIGSTOP); // it reads nothing any more
    const auto told = at.at_agent("POST", "emergency-stop").json();
    INFO(told.dump());
    REQUIRE(told["Status"] == 200);
    CHECK(told["Result"]["Confirmed"] == false);
    const auto note = told["Result"]["Note"].get<std::string>();
    CHECK(note.find("no emergency parser") != std::string::npos);
    CHECK(note.find("M108 and M410 were sent") != std::string::npos);
    // A pty has no such line; a serial port has.
    CHECK(note.find("has no DTR line") != std::string::npos);
    CHECK(note.find("no power device \"relay\"") != std::string::npos);
    CHECK(note.find("cut its power") != std::string::npos);
    // A caller cannot ask for what the owner did not allow, nor put it off.
    const auto log = content_of(at.path("agent/audit.jsonl"));
    CHECK(log.find("printer.emergency_stop") != std::string::npos);
}

TEST_CASE("without the owner's word a stop is M112 and nothing else", "[emergency]")
{
    rig at({.printer = {"--no-emergency-parser"}});
    allow(at, "");
    begin(at);
    at.printer->signal(SIGSTOP); // it reads nothing any more
    const auto told =
        at.at_agent("POST", "emergency-stop", R"({"break_waits":true,"reset_board":true})").json();
    INFO(told.dump());
    CHECK(told["Result"]["Confirmed"] == false);
    const auto note = told["Result"]["Note"].get<std::string>();
    CHECK(note.find("no emergency parser") != std::string::npos);
    CHECK(note.find("M410") == std::string::npos);
    CHECK(note.find("DTR") == std::string::npos);
}

TEST_CASE("a printer that was unplugged is not started until a person has looked at the bed", "[gate]")
{
    rig at;
    begin(at);
    at.put_file("short.gcode", small_job(3));
    at.printer->stop();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "offline");
    at.start_printer();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    const auto refused = at.at_agent("POST", "start", R"({"Path":"gcode/short.gcode"})");
    INFO(refused.body);
    CHECK(refused.code() == 786);
    CHECK(refused.json()["Cause"]["Code"] == "bed_not_clear");
    CHECK(refused.body.find("switched off, reset or disconnected") != std::string::npos);
    // A restart of the print host keeps that in mind.
    at.host->stop();
    at.start_host();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    CHECK(at.at_agent("POST", "start", R"({"Path":"gcode/short.gcode"})").code() == 786);
    CHECK(at.at_agent("POST", "start", R"({"Path":"gcode/short.gcode","BedClear":true})").code() == 200);
}
