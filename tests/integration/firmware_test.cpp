// A print on each family of firmware that the virtual printer speaks, with faults on the wire; and prints
// from the printer's own card, begun and ended at its panel.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

std::vector<std::string> moves_of(const json& executed)
{
    std::vector<std::string> all;
    for (const auto& one : executed)
        if (const auto text = one["command"].get<std::string>(); text.starts_with("G1 X"))
            all.push_back(text);
    return all;
}

std::vector<std::string> moves_of(const std::string& gcode)
{
    std::vector<std::string> all;
    for (std::size_t at = 0; at < gcode.size();) {
        const auto end = gcode.find('\n', at);
        if (const auto line = gcode.substr(at, end - at); line.starts_with("G1 X")) all.push_back(line);
        at = end + 1;
    }
    return all;
}

} // namespace

TEST_CASE("a print arrives whole at each family of firmware, over a bad wire", "[firmware]")
{
    for (const std::string family : {"marlin", "prusa", "repetier"}) {
        INFO(family);
        rig at({.printer = {"--firmware", family, "--fault", "drop-ok=0.01", "--fault", "corrupt=0.01",
                            "--fault", "resend-without-ok=0.005", "--seed", "7"}});
        at.start_printer();
        at.start_host();
        at.start_agent();
        (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
        at.put_file("warm.gcode", warm_job(400));
        const auto started = at.at_agent("POST", "start", R"({"Path":"gcode/warm.gcode","BedClear":true})");
        INFO(started.body);
        REQUIRE(started.code() == 200);
        // The target and what is waited for are told, in whatever order.
        (void)wait_for_state(at.agent_url(), at.agent_token(), [](const json& state) {
            return state["heaters"].size() >= 2 && state["heaters"][0]["target_c"] == 200 &&
                   state["reason"].get<std::string>().find("waiting for the tool0 to reach 200 C") !=
                       std::string::npos;
        });
        (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
        INFO(at.host->log());
        const auto report = at.report();
        CHECK(moves_of(report["executed"]) == moves_of(small_job(400)));
        CHECK(report["faults"]["corrupt"].get<int>() > 0);
        CHECK(report["faults"]["drop_ok"].get<int>() > 0);
        const auto taken = family == "marlin" ? "Marlin 2" : family == "prusa" ? "Prusa" : "Repetier";
        CHECK(at.host->log().find(std::string("taken for ") + taken) != std::string::npos);
        CHECK(report["wire"]["unknown_commands"].get<int>() < 20); // damaged lines, and nothing of ours
    }
}

TEST_CASE("a change of filament on a firmware that only says busy is answered at its panel", "[firmware]")
{
    rig at({.printer = {"--firmware", "prusa"}});
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    at.put_file("change.gcode", "G28\nG1 X10 F6000\nM600\nG1 X20\n");
    REQUIRE(at.at_agent("POST", "start", R"({"Path":"gcode/change.gcode","BedClear":true})").code() == 200);
    const auto asked = wait_for_state(at.agent_url(), at.agent_token(), [](const json& state) {
        return state["wants"].is_object() && state["wants"]["kind"] == "user_wait";
    });
    CHECK(asked["now"] == "paused");
    CHECK(at.at_agent("POST", "prompt/answer", R"({"Choice":0})").code() == 788);
    // It asks twice: parked, and whether that was enough.
    REQUIRE(at.becomes([&] {
        at.printer->signal(SIGRTMIN + 4);
        return json::parse(at.at_agent("GET", "status").body)
                   .value("/Result/Layerline/Phase"_json_pointer, "") == "finished";
    }));
}

TEST_CASE("prints from the printer's own card are noticed, and ended here or there", "[firmware]")
{
    const temp_folder card;
    std::ofstream(card.path() / "A long name.gcode") << small_job(4000, 3000);
    rig at({.printer = {"--card", card.path().string()}, .speed = "20"});
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    REQUIRE(at.at_agent("POST", "bed-clear").code() == 200);
    const auto press = [&](int button) { at.printer->signal(SIGRTMIN + button); };

    press(0); // print
    const auto printing = wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    CHECK(printing["job"]["path"].get<std::string>().starts_with("card/ALONGN"));
    CHECK(printing["job"]["progress"].is_null());
    CHECK(printing["bed_clear"] == false);
    at.put_file("a.gcode", small_job(10));
    CHECK(at.at_agent("POST", "start", R"({"Path":"gcode/a.gcode","BedClear":true})").code() == 786);
    CHECK(at.at_agent("POST", "home").code() == 786);
    press(1); // pause
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "paused");
    press(2); // resume
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    REQUIRE(at.at_agent("POST", "pause").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "paused");
    REQUIRE(at.at_agent("POST", "resume").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    // The print host may go and come: the print is the printer's, and is found again.
    REQUIRE(at.host->stop() == 0);
    at.start_host();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    press(3); // cancel
    const auto ended = wait_for_phase(at.agent_url(), at.agent_token(), "cancelled");
    CHECK(ended["reason"].get<std::string>().find("at the printer") != std::string::npos);

    press(0);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    REQUIRE(at.at_agent("POST", "cancel").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "cancelled");
    const auto refused = at.at_agent("POST", "start", R"({"Path":"gcode/a.gcode"})");
    CHECK(refused.code() == 786); // somebody looks at the bed first
}
