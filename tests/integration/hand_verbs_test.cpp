// The command line's verbs of the hand, at an agent in front of a Klipper with a camera; and the owner's
// hooks and scripts there.
#include "moonraker_rig.hpp"
#include "tests/fakes/fake_camera.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

#include <sys/stat.h>

using namespace layerline::tests;
using layerline::fakes::fake_camera;
using layerline::fakes::fake_moonraker;
using nlohmann::json;

namespace {

struct hand_rig : moonraker_rig {
    fake_camera camera;
    std::string token;

    explicit hand_rig(const std::string& more = {})
    {
        with([](fake_moonraker& far) {
            far.objects["configfile"]["settings"]["gcode_macro clean"] = {
                {"gcode", "{% set n = params.TIMES|default(3) %}"}, {"description", "Wipes the nozzle"}};
            far.store.files["part.gcode"].content = "G28\n";
        });
        std::ofstream(at.path("policy.toml")) << "forbidden_scopes = []\n";
        at.options().agent_toml =
            "[files]\nreserve_mb = 1\n[policy]\nfile = \"" + at.path("policy.toml").string() +
            "\"\n[[cameras]]\nname = \"bed\"\nsnapshot_url = \"" + camera.url("/snapshot") + "\"\n" + more;
        at.start_agent();
        (void)wait_for("idle");
        token = at.make_agent_token("view,control,console").secret;
    }
    finished cli(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), program_path("layerline").string());
        start_options how;
        how.environment = {"LAYERLINE_URL=" + at.agent_url(), "LAYERLINE_TOKEN=" + token};
        return run(std::move(arguments), std::move(how));
    }
    // What it printed; the test fails unless it ended with `code`.
    std::string said(std::vector<std::string> arguments, int code = 0) const
    {
        const auto ended = cli(std::move(arguments));
        INFO(ended.output);
        CHECK(ended.exit_code == code);
        return ended.output;
    }
    void say(const std::string& line)
    {
        with([&](fake_moonraker& far) { far.notify("notify_gcode_response", json::array({line})); });
    }
    std::vector<std::string> scripts()
    {
        std::vector<std::string> all;
        with([&](fake_moonraker& far) {
            for (const auto& one : far.calls())
                if (one.method == "printer.gcode.script") all.push_back(one.params.at("script"));
        });
        return all;
    }
};

bool holds(const std::string& text, const std::string& words)
{
    return text.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("macros, the console, prompts, cameras and events from the command line", "[moonraker]")
{
    hand_rig hand;
    CHECK(hand.said({"macro"}) == "CLEAN [TIMES=3]  Wipes the nozzle\n");
    CHECK(holds(hand.said({"macro", "clean", "TIMES=2"}), "Asked for clean."));
    CHECK(hand.scripts().back() == "CLEAN TIMES=\"2\"");
    CHECK(holds(hand.said({"macro", "nope"}, 8), "no macro"));

    CHECK(hand.said({"console", "M115"}) == "ok\n");
    (void)hand.said({"console", "SET_FAN_SPEED", "FAN=a", "SPEED=1"});
    CHECK(hand.scripts().back() == "SET_FAN_SPEED FAN=a SPEED=1");
    hand.say("// probe at 1,2 is z=0.1");
    REQUIRE(hand.at.becomes([&] { return holds(hand.cli({"console"}).output, "probe at 1,2"); }));

    CHECK(hand.said({"prompt", "show"}) == "The printer asks nothing.\n");
    CHECK(hand.cli({"prompt", "answer", "0"}).exit_code == 6);
    hand.say("// action:prompt_begin Change the filament?");
    hand.say("// action:prompt_button Go on|M117 on");
    hand.say("// action:prompt_show");
    REQUIRE(hand.at.becomes([&] { return holds(hand.cli({"prompt", "show"}).output, "0  Go on"); }));
    (void)hand.said({"prompt", "answer", "0"});
    CHECK(hand.scripts().back() == "M117 on");

    CHECK(hand.said({"camera", "list"}) == "bed  (default)\n");
    const auto file = hand.at.path("now.jpg");
    (void)hand.said({"camera", "snapshot", "-o", file.string()});
    CHECK(fake_camera::facts_of(content_of(file)));
    CHECK(hand.cli({"camera", "snapshot", "-o", "-", "--camera", "roof"}).exit_code == 7);

    const auto told = hand.said({"--json", "events", "--wait", "2"});
    const auto first = json::parse(told.substr(0, told.find('\n')), nullptr, false);
    REQUIRE(first.is_object());
    CHECK(first["Event"] == "state");
    CHECK(first["Data"]["now"] == "idle");
    CHECK_FALSE(first["Id"].get<std::string>().empty());
}

TEST_CASE("the owner's hooks hear of a print, and the scripts are sent as the console's lines are",
          "[moonraker]")
{
    const temp_folder folder;
    const auto hooks = folder.path() / "hooks";
    std::filesystem::create_directory(hooks);
    std::ofstream(hooks / "tell") << "#!/bin/sh\nread line; echo \"$line\" >> "
                                  << (folder.path() / "told").string() << "\necho heard $1\n";
    REQUIRE(::chmod((hooks / "tell").c_str(), 0755) == 0);
    hand_rig hand(
        "[hooks]\nfolder = \"" + hooks.string() +
        "\"\n[scripts]\non_pause = [\"M117 {file} at {percent}\", \"G1 X5\"]\non_resume = [\"M117 on\"]\n");
    CHECK(hand.at.at_agent("POST", "start", R"({"Path":"gcode/part.gcode","BedClear":true})").code() == 200);
    (void)hand.wait_for("printing");
    CHECK(hand.at.at_agent("POST", "pause", "{}").code() == 200);
    (void)hand.wait_for("paused");
    const auto sent = [&](const std::string& line) {
        const auto all = hand.scripts();
        return std::find(all.begin(), all.end(), line) != all.end();
    };
    REQUIRE(hand.at.becomes([&] { return sent("M117 part.gcode at 0"); }));
    CHECK(hand.at.at_agent("POST", "resume", "{}").code() == 200);
    REQUIRE(hand.at.becomes([&] { return sent("M117 on"); }));
    CHECK_FALSE(sent("G1 X5")); // no moves in a pause
    REQUIRE(hand.at.becomes([&] { return holds(content_of(folder.path() / "told"), "print_resumed"); }));
    const auto told = content_of(folder.path() / "told");
    CHECK(holds(told, "\"event\":\"print_started\""));
    CHECK(holds(told, "\"event\":\"print_paused\""));
    REQUIRE(hand.at.becomes([&] { return holds(hand.at.agent->log(), "heard print_resumed"); }));
    const auto log = hand.at.agent->log();
    CHECK(holds(log, "G1 X5 was refused"));
    CHECK(holds(content_of(hand.at.path("agent/audit.jsonl")), "\"script\""));
}
