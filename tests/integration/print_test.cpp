// A real slicer's file through the relay to a serial printer, to its end, with and without faults on the
// wire.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;

namespace {

// Compares the printer's report with the file by packaging/check-report.py.
void check_report(const rig& at, const std::string& gcode)
{
    std::ofstream(at.path("wanted.gcode"), std::ios::binary) << gcode;
    (void)at.report();
    const auto compared = run({"python3", LAYERLINE_PACKAGING_DIR "/check-report.py",
                               at.path("wanted.gcode").string(), at.path("report.json").string()});
    INFO(compared.output);
    CHECK(compared.exit_code == 0);
}

void print_lobed_cup(rig& at)
{
    at.start_all();
    std::ofstream(at.path("lobed_cup.gcode"), std::ios::binary) << lobed_cup();
    const auto sent = at.cli({"upload", at.path("lobed_cup.gcode").string(), "--print", "--bed-clear"});
    INFO(sent.output);
    REQUIRE(sent.exit_code == 0);
    const auto watched = at.cli({"-q", "watch"}, seconds(240));
    INFO(watched.output);
    REQUIRE(watched.exit_code == 0);
    check_report(at, lobed_cup());
}

} // namespace

TEST_CASE("a sliced file prints through the relay, every line once and in order", "[print]")
{
    rig at;
    print_lobed_cup(at);
    const auto report = at.report();
    CHECK(report["position"]["z"].get<double>() > 6);
    CHECK(report["filament_mm"].get<double>() == Approx(618.71 + 8).epsilon(0.02));
}

TEST_CASE("a print survives faults on one line in a hundred", "[print][faults]")
{
    const std::string fault = GENERATE("drop-ok=0.01", "corrupt=0.01", "resend-without-ok=0.01");
    INFO(fault);
    rig at({.printer = {"--fault", fault, "--seed", "7"}});
    print_lobed_cup(at);
    const auto report = at.report();
    INFO(report["faults"].dump());
    CHECK(report["faults"].dump().find_first_of("123456789") != std::string::npos);
}

TEST_CASE("a pause parks and a resume goes on where the job was", "[print]")
{
    rig at({.speed = "20"});
    at.start_all();
    const auto job = small_job(1500, 300); // a quarter of a second each
    at.put_file("job.gcode", job);
    REQUIRE(at.at_relay("POST", "start", R"({"Path":"gcode/job.gcode","BedClear":true})").code() == 200);
    (void)wait_for_state(at.printer_url(), at.relay_token(), [](const nlohmann::json& state) {
        return state["now"] == "printing" && state["job"]["lines_acknowledged"].get<int>() > 300;
    });
    const auto paused = at.cli({"pause", "--if-state", "printing", "--wait", "60"});
    INFO(paused.output);
    REQUIRE(paused.exit_code == 0);
    const auto again = at.cli({"pause", "--if-state", "printing"});
    INFO(again.output);
    CHECK(again.exit_code == 6);
    const auto resumed = at.cli({"resume", "--if-state", "paused", "--wait", "60"});
    INFO(resumed.output);
    REQUIRE(resumed.exit_code == 0);
    REQUIRE(at.cli({"-q", "watch"}, seconds(240)).exit_code == 0);
    check_report(at, job);
}

TEST_CASE("cancel works at once while the printer heats", "[print]")
{
    rig at({.speed = "1"});
    at.start_all();
    at.put_file("warm.gcode", warm_job(10));
    REQUIRE(at.at_relay("POST", "start", R"({"Path":"gcode/warm.gcode","BedClear":true})").code() == 200);
    (void)wait_for_state(at.printer_url(), at.relay_token(), [](const nlohmann::json& state) {
        for (const auto& heater : state["heaters"])
            if (heater["name"] == "bed" && heater["target_c"] == 60) return true;
        return false;
    });
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(at.cli({"cancel", "--wait", "20"}).exit_code == 0);
    CHECK(std::chrono::steady_clock::now() - began <
          seconds(10)); // heating the bed takes minutes at this speed
    (void)wait_for_state(at.printer_url(), at.relay_token(), [](const nlohmann::json& state) {
        for (const auto& heater : state["heaters"])
            if (heater["target_c"].is_number() && heater["target_c"].get<double>() > 0) return false;
        return true;
    });
}
