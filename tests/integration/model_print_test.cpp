// From a model to a print in one call: the real workshop, agent, print host and relay, and the virtual
// printer.
#include "moonraker_rig.hpp"
#include "rig.hpp"
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>

#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

bool engine_installed()
{
    if (::access("/usr/bin/prusa-slicer", X_OK) == 0) return true;
    WARN("prusa-slicer is not installed: not tested here");
    return false;
}

rig_options beside(const workshop_rig& shop)
{
    rig_options options;
    options.agent_toml = "[workshop]\nsocket = \"" + shop.path("state/workshop.sock").string() + "\"\n";
    return options;
}

std::string box_at(const rig& at, float x, float y, float z)
{
    const auto path = at.path("box.stl");
    std::ofstream(path, std::ios::binary) << workshop::binary_stl(workshop::shapes::box(x, y, z));
    return path.string();
}

std::string uploaded(const rig& at, const std::string& bytes)
{
    web_request asked;
    asked.method = "POST";
    asked.url = at.printer_url() + "/workshop/models/v1/files?name=part.stl";
    asked.token = at.relay_token();
    asked.body = bytes;
    asked.patience = seconds(60);
    const auto answer = web(asked);
    INFO(answer.status << ' ' << answer.body << answer.error);
    REQUIRE(answer.status == 201);
    return answer.json().value("fileId", "");
}

json state_of(const rig& at, const std::string& id)
{
    return at.at_relay("GET", "model/print/state?printid=" + id).json()["Result"];
}

finished straight(const rig& at, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), program_path("layerline").string());
    start_options how;
    how.environment = {"LAYERLINE_URL=" + at.agent_url(), "LAYERLINE_TOKEN=" + at.agent_token()};
    return run(std::move(arguments), std::move(how), seconds(120));
}

// The printer got each line of the stored file once and in order, and found no fault in any.
void check_printed(const rig& at, const std::string& path)
{
    web_request asked;
    asked.method = "GET";
    asked.url = at.agent_url() + "/plugin-api/v1/files/download?path=" + path;
    asked.token = at.agent_token();
    const auto file = web(asked);
    REQUIRE(file.status == 200);
    std::ofstream(at.path("wanted.gcode"), std::ios::binary) << file.body;
    const auto report = at.report();
    INFO(report["faults"].dump());
    CHECK(report["faults"].dump().find_first_of("123456789") == std::string::npos);
    CHECK(report["filament_mm"].get<double>() > 1);
    const auto compared = run({"python3", LAYERLINE_PACKAGING_DIR "/check-report.py",
                               at.path("wanted.gcode").string(), at.path("report.json").string()});
    INFO(compared.output);
    CHECK(compared.exit_code == 0);
}

} // namespace

TEST_CASE("a model is printed to its end by one line, at the agent and through the relay", "[model]")
{
    if (!engine_installed()) return;
    const workshop_rig shop;
    rig at(beside(shop));
    at.start_all();
    const std::vector<std::string> line{"print", box_at(at, 10, 10, 1), "--profile", "ender-3",
                                        "--bed-clear"};
    const bool by_relay = GENERATE(false, true);
    const auto printed = by_relay ? at.cli(line) : straight(at, line);
    INFO(printed.output);
    REQUIRE(printed.exit_code == 0);
    CHECK(printed.output.find("box.gcode") != std::string::npos);
    const auto watched = at.cli({"-q", "watch"}, seconds(240));
    INFO(watched.output);
    REQUIRE(watched.exit_code == 0);
    check_printed(at, "gcode/box.gcode");
}

TEST_CASE("a model that does not fit the bed is refused with its code in words, and nothing starts",
          "[model]")
{
    const workshop_rig shop;
    rig at(beside(shop));
    at.start_all();
    const auto refused = at.cli({"print", box_at(at, 400, 10, 1), "--profile", "ender-3", "--bed-clear"});
    INFO(refused.output);
    CHECK(refused.exit_code == 1);
    CHECK(refused.output.find("(602)") != std::string::npos);
    CHECK(at.at_agent("GET", "status").json()["Result"].dump().find("box.gcode") == std::string::npos);
    CHECK(at.at_agent("GET", "files/list").body.find("box.gcode") == std::string::npos);
}

TEST_CASE("a print that is cancelled while it is sliced ends there, and its slice in the workshop", "[model]")
{
    if (!engine_installed()) return;
    const workshop_rig shop;
    rig at(beside(shop));
    at.start_all();
    json wish{{"FileId", uploaded(at, workshop::binary_stl(workshop::shapes::sphere(60, 7)))},
              {"Printer", "ender-3"},
              {"Material", "pla"},
              {"Quality", "0.2"},
              {"Name", "ball.gcode"},
              {"BedClear", true}};
    const auto begun = at.at_relay("POST", "model/print", wish.dump());
    INFO(begun.body);
    REQUIRE(begun.code() == 200);
    const std::string id = begun.json()["Result"]["PrintId"];
    REQUIRE(at.becomes([&] { return state_of(at, id)["Stage"] == "slicing"; }));
    CHECK(at.at_agent("GET", "model/print/state?printid=" + id).code() == 404); // another principal
    ::kill(shop.wait_for_child(), SIGSTOP);                                     // it would be over soon
    CHECK(at.at_relay("POST", "model/print/cancel", json{{"PrintId", id}}.dump()).code() == 200);
    CHECK(state_of(at, id)["Stage"] == "cancelled");
    CHECK(at.becomes([&] { return shop.children().empty(); }));
    CHECK(at.at_agent("GET", "files/list").body.find("ball.gcode") == std::string::npos);
}

TEST_CASE("an agent that is killed while a model is sliced goes on with it, and a person starts the print",
          "[model]")
{
    if (!engine_installed()) return;
    const workshop_rig shop;
    rig at(beside(shop));
    at.start_all();
    json wish{{"FileId", uploaded(at, workshop::binary_stl(workshop::shapes::sphere(20, 5)))},
              {"Printer", "ender-3"},
              {"Material", "pla"},
              {"Quality", "0.2"},
              {"Name", "ball.gcode"},
              {"BedClear", true}};
    const auto begun = at.at_relay("POST", "model/print", wish.dump());
    INFO(begun.body);
    REQUIRE(begun.code() == 200);
    const std::string id = begun.json()["Result"]["PrintId"];
    REQUIRE(at.becomes([&] { return state_of(at, id)["Stage"] == "slicing"; }));
    const auto child = shop.wait_for_child();
    ::kill(child, SIGSTOP);
    at.agent->signal(SIGKILL);
    at.agent.reset();
    at.start_agent();
    at.wait_for_tunnel();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    CHECK(state_of(at, id)["Stage"] == "slicing");
    ::kill(child, SIGCONT);
    REQUIRE(at.becomes([&] { return state_of(at, id)["Stage"] == "sent"; }, seconds(60)));
    CHECK(state_of(at, id)["Notes"].dump().find("not started") != std::string::npos);
    CHECK(at.at_agent("GET", "files/list").body.find("ball.gcode") != std::string::npos);
    CHECK(at.at_agent("GET", "status").body.find("ball.gcode") == std::string::npos);
    const auto started = at.at_relay("POST", "start", R"({"Path":"gcode/ball.gcode","BedClear":true})");
    INFO(started.body);
    CHECK(started.code() == 200);
}

TEST_CASE("a model is sliced, uploaded to Moonraker and started there", "[model]")
{
    if (!engine_installed()) return;
    const workshop_rig shop;
    moonraker_rig klipper({}, beside(shop).agent_toml);
    auto& at = klipper.at;
    at.start_relay();
    at.start_agent();
    at.pair();
    (void)klipper.wait_for("idle");
    const auto printed =
        straight(at, {"print", box_at(at, 10, 10, 1), "--profile", "voron-2.4-300", "--bed-clear"});
    INFO(printed.output);
    CHECK(printed.exit_code == 0);
    const auto now = klipper.wait_for("printing");
    CHECK(now.dump().find("box.gcode") != std::string::npos);
    klipper.with([](layerline::fakes::fake_moonraker& far) {
        REQUIRE(far.store.files.contains("box.gcode"));
        CHECK(far.store.files.at("box.gcode").content.find("G1 ") != std::string::npos);
    });
}

TEST_CASE("a profile is cut to where Klipper's head goes: its bed, and the last move of its code", "[model]")
{
    if (!engine_installed()) return;
    const workshop_rig shop;
    moonraker_rig klipper({}, beside(shop).agent_toml);
    klipper.with([](layerline::fakes::fake_moonraker& far) {
        far.objects["configfile"]["settings"].update(
            {{"stepper_x", {{"position_min", 0.0}, {"position_max", 300.0}}},
             {"stepper_y", {{"position_max", 250.0}}},
             {"stepper_z", {{"position_max", 290.0}}}});
    });
    auto& at = klipper.at;
    at.start_relay();
    at.start_agent();
    at.pair();
    (void)klipper.wait_for("idle");
    const auto printed =
        straight(at, {"print", box_at(at, 10, 10, 1), "--profile", "voron-2.4-300", "--bed-clear"});
    INFO(printed.output);
    CHECK(printed.exit_code == 0);
    CHECK(printed.output.find("The bed is taken to end at 250 mm in Y instead of 300") != std::string::npos);
    CHECK(printed.output.find("gcode.endGcode goes to Y 250 instead of 290") != std::string::npos);
    (void)klipper.wait_for("printing");
    klipper.with([](layerline::fakes::fake_moonraker& far) {
        REQUIRE(far.store.files.contains("box.gcode"));
        const auto& content = far.store.files.at("box.gcode").content;
        CHECK(content.find("\nG1 X290 Y250 F12000\n") != std::string::npos);
        CHECK(content.find("Y290") == std::string::npos);
    });
}

TEST_CASE("a real print on the workshop's host holds its operations back until it has ended", "[model]")
{
    rig at;
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    const workshop_rig shop("[jobs]\nwhile_printing = \"wait\"\nagents = [\"" +
                            at.path("agent/control.sock").string() + "\"]\n");
    const auto file = shop.upload(workshop::binary_stl(workshop::shapes::sphere(50, 6)));
    const auto running = shop.begin("shrinkwrap", {{"inputId", file}, {"accuracy", "Rough"}});
    ::kill(shop.wait_for_child(), SIGSTOP); // it would be over soon
    at.put_file("long.gcode", small_job(100'000));
    REQUIRE(at.at_agent("POST", "start", R"({"Path":"gcode/long.gcode","BedClear":true})").code() == 200);
    REQUIRE(at.becomes([&] { return shop.children().empty(); }));
    const auto waiting = shop.begin("analyze", {{"inputId", file}});
    const auto state_in_shop = [&](const std::string& id) {
        return shop.ask("GET", "/models/v1/operations/" + id).json().value("state", "");
    };
    CHECK(state_in_shop(running) == "queued");
    CHECK(state_in_shop(waiting) == "queued");
    REQUIRE(at.at_agent("POST", "cancel").code() == 200);
    CHECK(shop.over(waiting)["state"] == "succeeded");
    CHECK(shop.over(running)["state"] == "succeeded");
}

TEST_CASE("without a workshop a print from a model says what is missing", "[model]")
{
    rig at;
    at.start_all();
    const auto refused = at.cli({"print", box_at(at, 10, 10, 1), "--profile", "ender-3"});
    INFO(refused.output);
    CHECK(refused.exit_code == 8);
    CHECK(refused.output.find("workshop") != std::string::npos);
}
