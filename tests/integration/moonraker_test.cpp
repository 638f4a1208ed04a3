// The real agent in front of Klipper: what its Plugin API says and does when the printer is Moonraker's.
#include "moonraker_rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include <sys/stat.h>

using namespace layerline::tests;
using layerline::fakes::fake_moonraker;
using nlohmann::json;

namespace {

constexpr const char* cube = "; a cube\nG28\nG1 X10 Y10 F3000\n";

json result_of(const web_answer& answer)
{
    INFO(answer.status << " " << answer.error << " " << answer.body);
    REQUIRE(answer.code() == 200);
    return answer.json().at("Result");
}

// The Status, and how the failure begins.
void check_refused(const web_answer& answer, int status, const std::string& words)
{
    INFO(answer.status << " " << answer.error << " " << answer.body);
    CHECK(answer.code() == status);
    CHECK(answer.json().value("Error", "").find(words) != std::string::npos);
}

struct klipper_rig : moonraker_rig {
    explicit klipper_rig(const std::string& printer = {}) : moonraker_rig(printer) {}
    void begin()
    {
        at.start_agent();
        (void)wait_for("idle");
    }
    web_answer post(const std::string& command, const std::string& body = "{}") const
    {
        return at.at_agent("POST", command, body);
    }
    void start_cube()
    {
        at.put_file("cube.gcode", cube);
        (void)result_of(post("start", R"({"Path":"gcode/cube.gcode","BedClear":true})"));
        (void)wait_for("printing");
    }
};

} // namespace

TEST_CASE("a print on Klipper from its start to its cancel, by the agent's commands", "[moonraker]")
{
    klipper_rig klipper;
    klipper.begin();
    CHECK(klipper.at.at_agent("GET", "ping").code() == 200);
    const auto idle = result_of(klipper.at.at_agent("GET", "status"));
    CHECK(idle["JobStatus"]["State"] == "idle");
    CHECK(idle["Layerline"]["Connected"] == true);
    check_refused(klipper.post("pause"), 786, "");

    klipper.at.put_file("cube.gcode", cube);
    const auto begun = result_of(klipper.post("start", R"({"Path":"gcode/cube.gcode","BedClear":true})"));
    CHECK(begun["JobId"] == "m-000001");
    (void)klipper.wait_for("printing");
    check_refused(klipper.post("start", R"({"Path":"gcode/cube.gcode","BedClear":true})"), 786, "");
    (void)result_of(klipper.post("pause"));
    (void)klipper.wait_for("paused");
    // Moonraker itself would answer "ok" and drop the paused print.
    check_refused(klipper.post("start", R"({"Path":"gcode/cube.gcode","BedClear":true})"), 786, "");
    (void)result_of(klipper.post("resume"));
    (void)klipper.wait_for("printing");
    (void)result_of(klipper.post("set-temp", R"({"ToolC":205})"));
    (void)result_of(klipper.post("cancel"));
    (void)klipper.wait_for("cancelled");
    check_refused(klipper.post("cancel"), 786, "no print");
    check_refused(klipper.post("start", R"({"Path":"gcode/cube.gcode"})"), 786, "bed is clear");
    CHECK(klipper.count("printer.print.start") == 1);
    CHECK(klipper.count("printer.print.cancel") == 1);
}

TEST_CASE("an emergency stop of a Klipper is an error with its reason, and no pause that could be resumed",
          "[moonraker]")
{
    klipper_rig klipper;
    klipper.begin();
    klipper.start_cube();
    (void)result_of(klipper.post("emergency-stop"));
    const auto stopped = klipper.wait_for("error");
    CHECK(stopped["reason"].get<std::string>().starts_with("Shutdown due to webhooks request"));
    check_refused(klipper.post("resume"), 785, "Klipper has stopped");
    CHECK(klipper.count("printer.print.resume") == 0);
}

TEST_CASE("a restart of Klipper in a print shows, and the agent follows the printer again after it",
          "[moonraker]")
{
    klipper_rig klipper;
    klipper.begin();
    klipper.start_cube();
    klipper.with([](fake_moonraker& far) { far.restart_klippy(); });
    (void)klipper.wait_for("offline");
    check_refused(klipper.post("pause"), 785, "Klipper is not running");
    const auto away = klipper.at.at_agent("GET", "status");
    check_refused(away, 785, "Klipper is not running");
    klipper.with([](fake_moonraker& far) { far.klippy_ready(); });
    (void)klipper.wait_for("idle");
    // The print is gone, and what it left lies on the bed.
    check_refused(klipper.post("start", R"({"Path":"gcode/cube.gcode"})"), 786, "bed is clear");
    (void)result_of(klipper.post("bed-clear"));
    (void)result_of(klipper.post("start", R"({"Path":"gcode/cube.gcode"})"));
    (void)klipper.wait_for("printing");
    CHECK(klipper.count("printer.objects.subscribe") == 2);
}

TEST_CASE("a wrong API key is 789 and says where the right one belongs", "[moonraker]")
{
    temp_folder keys;
    const auto file = keys.path() / "moonraker.key";
    std::ofstream(file) << "wrong\n";
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    klipper_rig klipper("api_key_file = \"" + file.string() + "\"\n");
    klipper.with([](fake_moonraker& far) { far.api_key = "right"; });
    klipper.at.start_agent();
    (void)wait_for_state(klipper.at.agent_url(), klipper.at.agent_token(),
                         [](const json& state) { return state["away"] == "port_forbidden"; });
    check_refused(klipper.at.at_agent("GET", "status"), 789, "printer.api_key_file");
    check_refused(klipper.post("pause"), 789, "Invalid API Key");

    std::ofstream(file) << "right\n";
    klipper.begin();
}

TEST_CASE("a Moonraker that is gone is 785, and the agent is there again with it", "[moonraker]")
{
    klipper_rig klipper;
    klipper.begin();
    klipper.end_moonraker();
    (void)klipper.wait_for("offline");
    (void)wait_for_state(klipper.at.agent_url(), klipper.at.agent_token(), [](const json& state) {
        return state["reason"].get<std::string>().find("not running") != std::string::npos;
    });
    check_refused(klipper.at.at_agent("GET", "status"), 785, "Moonraker is not running");
    check_refused(klipper.post("home"), 785, "Moonraker is not running");
    klipper.start_moonraker();
    (void)klipper.wait_for("idle");
    CHECK(klipper.at.at_agent("GET", "status").code() == 200);
}

TEST_CASE("Klipper is driven through the relay like any printer", "[moonraker]")
{
    klipper_rig klipper;
    klipper.at.start_relay();
    klipper.begin();
    klipper.at.pair();
    klipper.at.put_file("cube.gcode", cube);
    (void)result_of(klipper.at.at_relay("POST", "start", R"({"Path":"gcode/cube.gcode","BedClear":true})"));
    (void)klipper.wait_for("printing");
    (void)result_of(klipper.at.at_relay("POST", "pause"));
    (void)klipper.wait_for("paused");
    const auto seen = result_of(klipper.at.at_relay("GET", "status"));
    CHECK(seen["JobStatus"]["State"] == "paused");
}
