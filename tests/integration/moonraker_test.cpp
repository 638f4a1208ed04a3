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
    void put_cube()
    {
        with([](fake_moonraker& far) { far.store.files["cube.gcode"].content = cube; });
    }
    void start_cube()
    {
        put_cube();
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

    klipper.put_cube();
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
    // Klipper tells that it stopped a moment before it tells why.
    (void)wait_for_state(klipper.at.agent_url(), klipper.at.agent_token(), [](const json& state) {
        return state.value("now", "") == "error" &&
               state.value("reason", "").starts_with("Shutdown due to webhooks request");
    });
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
    klipper.put_cube();
    (void)result_of(klipper.at.at_relay("POST", "start", R"({"Path":"gcode/cube.gcode","BedClear":true})"));
    (void)klipper.wait_for("printing");
    (void)result_of(klipper.at.at_relay("POST", "pause"));
    (void)klipper.wait_for("paused");
    const auto seen = result_of(klipper.at.at_relay("GET", "status"));
    CHECK(seen["JobStatus"]["State"] == "paused");
}

TEST_CASE("what is done by hand reaches Klipper as G-code that leaves its modes alone", "[moonraker]")
{
    klipper_rig klipper;
    klipper.with([](fake_moonraker& far) {
        far.objects["toolhead"]["homed_axes"] = "xyz";
        far.objects["configfile"]["settings"]["gcode_macro clean"] = {{"gcode", "{params.TIMES}"}};
        far.power = {{{"device", "psu"}, {"status", "on"}, {"locked_while_printing", true}}};
    });
    klipper.begin();
    const auto last_script = [&] {
        std::string script;
        klipper.with([&](fake_moonraker& far) {
            for (const auto& call : far.calls())
                if (call.method == "printer.gcode.script") script = call.params.at("script");
        });
        return script;
    };
    (void)result_of(klipper.post("move-axis", R"({"Axis":"x","DistanceMm":-5.5})"));
    CHECK(last_script() == "SAVE_GCODE_STATE NAME=layerline_hand\nM220 S100\nG91\nG1 X-5.5 F3000\n"
                           "RESTORE_GCODE_STATE NAME=layerline_hand");
    (void)result_of(klipper.post("fan", R"({"Percent":50})"));
    CHECK(last_script() == "M106 S128");
    CHECK(klipper.at.at_agent("GET", "capabilities").body.find("\"run_macro\"") != std::string::npos);
    (void)result_of(klipper.post("macro", R"({"Name":"clean","Parameters":"TIMES=2"})"));
    CHECK(last_script() == "CLEAN TIMES=\"2\"");
    check_refused(klipper.post("macro", R"({"Name":"nope"})"), 788, "no macro");
    check_refused(klipper.post("set-light", R"({"Name":"case","On":true})"), 788, "no light");
    check_refused(klipper.post("move-axis", R"({"Axis":"x","DistanceMm":501})"), 400, "");

    klipper.with([](fake_moonraker& far) {
        for (const auto* line : {"// action:prompt_begin Change", "// action:prompt_button Go on|RESUME_IT",
                                 "// action:prompt_show"})
            far.notify("notify_gcode_response", json::array({line}));
    });
    const auto asked = wait_for_state(klipper.at.agent_url(), klipper.at.agent_token(),
                                      [](const json& state) { return state["wants"].is_object(); });
    CHECK(asked["wants"]["buttons"] == json::array({"Go on"}));
    (void)result_of(klipper.post("prompt/answer", R"({"Choice":0})"));
    CHECK(last_script() == "RESUME_IT");
    check_refused(klipper.post("prompt/answer", R"({"Choice":0})"), 786, "Nothing was asked");

    klipper.start_cube();
    check_refused(klipper.post("move-axis", R"({"Axis":"x","DistanceMm":5})"), 786, "by hand");
    check_refused(klipper.post("set-power", R"({"Device":"psu","On":false})"), 786, "switched off");
    (void)result_of(klipper.post("speed", R"({"Percent":120})"));
    CHECK(last_script() == "M220 S120");
}

TEST_CASE("Klipper's files are uploaded, listed, described, read and deleted through the relay",
          "[moonraker]")
{
    klipper_rig klipper;
    klipper.at.start_relay();
    klipper.begin();
    klipper.at.pair();
    std::string content = "; generated by PrusaSlicer 2.7.1\n";
    while (content.size() < 3'000'000)
        content += "G1 X" + std::to_string(content.size() % 200) + " Y10 F3000\n";
    (void)result_of(klipper.at.at_relay("POST", "files/upload?Path=gcode/new%20ones/part.gcode", content));
    std::string kept;
    klipper.with([&](fake_moonraker& far) { kept = far.store.files["new ones/part.gcode"].content; });
    CHECK(kept == content);

    const auto listed = result_of(klipper.at.at_relay("GET", "files/list"));
    CHECK(listed["Root"][0]["Children"][0]["VirtualPath"] == "gcode/new ones/part.gcode");
    const std::string query = "?Path=gcode/new%20ones/part.gcode";
    // Until Moonraker has looked into it, the file itself tells.
    CHECK(result_of(klipper.at.at_relay("GET", "files/details" + query))["Slicer"] == "PrusaSlicer");
    klipper.with([](fake_moonraker& far) {
        far.store.files["new ones/part.gcode"].metadata = {{"size", 1}, {"estimated_time", 754}};
    });
    CHECK(result_of(klipper.at.at_relay("GET", "files/details" + query))["EstPrintTimeSec"] == 754);

    web_request part;
    part.url = klipper.at.printer_url() + "/plugin-api/v1/files/download" + query;
    part.token = klipper.at.relay_token();
    CHECK(web(part).body == content);
    part.headers.set("range", "bytes=1000000-1000099");
    const auto some = web(part);
    CHECK(some.status == 206);
    CHECK(some.body == content.substr(1'000'000, 100));

    (void)result_of(klipper.post("start", R"({"Path":"gcode/new ones/part.gcode","BedClear":true})"));
    (void)klipper.wait_for("printing");
    const std::string named = R"({"Path":"gcode/new ones/part.gcode"})";
    check_refused(klipper.at.at_relay("POST", "files/delete", named), 409, "being printed");
    (void)result_of(klipper.post("cancel"));
    (void)klipper.wait_for("cancelled");
    // Somebody else holds it: Moonraker knows.
    klipper.with([](fake_moonraker& far) { far.store.in_use = "new ones/part.gcode"; });
    check_refused(klipper.at.at_relay("POST", "files/delete", named), 409, "being printed");
    klipper.with([](fake_moonraker& far) { far.store.in_use.clear(); });
    (void)result_of(klipper.at.at_relay("POST", "files/delete", named));
    check_refused(klipper.at.at_relay("POST", "files/delete", named), 404, "");
    check_refused(klipper.post("start", named), 404, "");
    CHECK(klipper.at.agent->stop() == 0);
    CHECK(klipper.at.agent->log().find("did not end in time") == std::string::npos);
}
