// What needs a person, through the real programs: seen by the agent, answered from the command line, carried
// out by the virtual printer's firmware.
#include "rig.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;
using nlohmann::json;

namespace {

struct asking_rig {
    rig at;
    explicit asking_rig(std::vector<std::string> printer = {}) : at({.printer = std::move(printer)})
    {
        at.start_all();
    }
    void begin(const std::string& gcode)
    {
        at.put_file("a.gcode", gcode);
        const auto started = at.at_agent("POST", "start", R"({"Path":"gcode/a.gcode","BedClear":true})");
        INFO(started.body);
        REQUIRE(started.code() == 200);
    }
    json asks(const std::string& kind, const std::string& text)
    {
        return wait_for_state(at.agent_url(), at.agent_token(), [&](const json& state) {
            return state["wants"].is_object() && state["wants"]["kind"] == kind &&
                   state["wants"]["text"].get<std::string>().find(text) != std::string::npos;
        });
    }
    void answer(int choice)
    {
        const auto said = at.cli({"prompt", "answer", std::to_string(choice)});
        INFO(said.output);
        CHECK(said.exit_code == 0);
    }
    json until(const std::string& phase) { return wait_for_phase(at.agent_url(), at.agent_token(), phase); }
    bool executed(const std::string& command)
    {
        const auto report = at.report();
        for (const auto& one : report["executed"])
            if (one["command"] == command) return true;
        return false;
    }
};

} // namespace

TEST_CASE("a change of filament and a file's M0 are seen and answered from the command line", "[attention]")
{
    asking_rig asking;
    asking.begin("G28\nG1 X10 F6000\nM600\nG1 X20\nM0 Insert the magnets\nG1 X30\n");
    const auto parked = asking.asks("prompt", "Nozzle Parked");
    CHECK(parked["now"] == "paused");
    CHECK(asking.at.cli({"prompt", "show"}).output == "Nozzle Parked\n  0  Continue\n");
    asking.answer(0);
    (void)asking.asks("prompt", "Paused");
    asking.answer(0); // more of it
    (void)asking.asks("prompt", "Paused");
    CHECK(asking.at.cli({"prompt", "answer", "2"}).exit_code != 0);
    asking.answer(1);
    const auto waiting = asking.asks("user_wait", "Insert the magnets");
    CHECK(waiting["wants"]["buttons"] == json::array({"Continue"}));
    (void)asking.until("paused");
    CHECK_FALSE(asking.executed("G1 X30"));
    asking.answer(0);
    const auto done = asking.until("finished");
    CHECK(done["wants"].is_null());
    CHECK(asking.executed("G1 X30"));
    CHECK_FALSE(asking.executed("M0 Insert the magnets"));
}

TEST_CASE("a print is cancelled in the middle of a change of filament, without an answer to it",
          "[attention]")
{
    asking_rig asking;
    asking.begin("G28\nG1 X10 F6000\nM600\nG1 X20\n");
    (void)asking.asks("prompt", "Nozzle Parked");
    const auto said = asking.at.cli({"cancel"});
    INFO(said.output);
    (void)asking.until("cancelled");
    CHECK_FALSE(asking.executed("G1 X20"));
}

TEST_CASE("filament that runs out pauses the print, and it goes on when somebody says so", "[attention]")
{
    asking_rig asking({"--runout-after", "60"});
    asking.begin(small_job(200));
    (void)asking.asks("runout", "ran out of filament");
    const auto paused = asking.until("paused");
    CHECK(paused["reason"].get<std::string>().find("ran out of filament") != std::string::npos);
    asking.answer(0);
    CHECK(asking.until("finished")["wants"].is_null());
}

TEST_CASE("a firmware that reads nothing while it waits is answered at its own panel, and says so",
          "[attention]")
{
    asking_rig asking({"--no-emergency-parser"});
    asking.begin("G28\nG1 X10 F6000\nM600\nG1 X20\n");
    (void)asking.asks("prompt", "Nozzle Parked");
    const auto refused = asking.at.at_agent("POST", "prompt/answer", R"({"Choice":0})");
    INFO(refused.body);
    CHECK(refused.code() == 788);
    CHECK(refused.body.find("own panel") != std::string::npos);
}

TEST_CASE("a file whose lines no firmware could read as they are does not end the print host", "[attention]")
{
    asking_rig asking;
    asking.begin("G28\nM117 a\\b M110 N0\nM117 " + std::string(300, 'x') + "\nG1 X10 F6000\n");
    (void)asking.until("finished");
    CHECK(asking.executed("G1 X10 F6000"));
    asking.at.put_file("b.gcode", "G28\nM1100 X1\nG1 X20\n");
    const auto refused = asking.at.at_agent("POST", "start", R"({"Path":"gcode/b.gcode","BedClear":true})");
    CHECK(refused.code() != 200);
    CHECK(refused.body.find("line 2") != std::string::npos);
    CHECK(asking.at.host->running());
}
