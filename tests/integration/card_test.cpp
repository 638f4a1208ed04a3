// The printer's own card from afar: its files listed, one of them begun, steered and ended, through agent and
// print host.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

web_answer with_key(const rig& at, const std::string& key, const std::string& body)
{
    web_request asked;
    asked.method = "POST";
    asked.url = at.agent_url() + "/plugin-api/v1/start";
    asked.token = at.agent_token();
    asked.body = body;
    asked.headers.set("idempotency-key", key);
    return web(asked);
}

} // namespace

TEST_CASE("files of the printer's card are listed, begun, steered and ended from afar", "[card]")
{
    const temp_folder card;
    std::ofstream(card.path() / "A long name.gcode") << small_job(4000, 3000);
    std::ofstream(card.path() / "ok.gcode") << small_job(20);
    rig at({.printer = {"--card", card.path().string()}, .speed = "20"});
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");

    const auto list = at.at_agent("GET", "card/list");
    INFO(list.body);
    REQUIRE(list.code() == 200);
    const auto files = list.json()["Result"]["Files"];
    REQUIRE(files.size() == 2);
    CHECK(list.json()["Result"]["Total"] == 2);
    CHECK(files[0]["Name"] == "A long name.gcode");
    CHECK(files[0]["SizeBytes"] == small_job(4000, 3000).size());
    CHECK(files[1]["Path"] == "card/OK.GCO");
    const auto path = files[0]["Path"].get<std::string>();
    const auto start = [&](const std::string& of, bool bed_clear) {
        return json{{"Path", of}, {"BedClear", bed_clear}}.dump();
    };

    // What is not there begins nothing.
    CHECK(at.at_agent("POST", "start", start("card/NONE.GCO", true)).code() == 404);
    CHECK(at.at_agent("POST", "start", start("card/NONE.GCO M112", true)).code() == 400);
    // Once, whoever asks how often.
    const auto begun = with_key(at, "card-1", start(path, true));
    INFO(begun.body);
    REQUIRE(begun.code() == 200);
    const auto job = begun.json()["Result"]["JobId"].get<std::string>();
    const auto printing = wait_for_state(at.agent_url(), at.agent_token(), [&](const json& state) {
        return state["now"] == "printing" && state["job"]["done_bytes"].is_number() &&
               state["job"]["done_bytes"] > 100;
    });
    CHECK(printing["job"]["id"] == job);
    CHECK(printing["job"]["path"] == path);
    CHECK(printing["job"]["size_bytes"] == small_job(4000, 3000).size());
    CHECK(printing["job"]["progress"].is_null());
    CHECK(printing["bed_clear"] == false);
    CHECK(with_key(at, "card-1", start(path, true)).json()["Result"]["Repeated"] == true);
    CHECK(at.at_agent("POST", "start", start(path, true)).code() == 786);
    CHECK(at.at_agent("GET", "card/list").code() == 786);

    REQUIRE(at.at_agent("POST", "pause").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "paused");
    REQUIRE(at.at_agent("POST", "resume").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    // Another print host finds it under way, with its name.
    REQUIRE(at.host->stop() == 0);
    at.start_host();
    (void)wait_for_state(at.agent_url(), at.agent_token(), [&](const json& state) {
        return state["now"] == "printing" && state["job"]["path"] == path;
    });
    REQUIRE(at.at_agent("POST", "cancel").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "cancelled");

    // The same gate as for any start: somebody looks at the bed first.
    CHECK(at.at_agent("POST", "start", start("card/OK.GCO", false)).code() == 786);
    const auto said = at.at_agent("POST", "start", start("card/OK.GCO", true));
    INFO(said.body);
    REQUIRE(said.code() == 200);
    const auto ended = wait_for_phase(at.agent_url(), at.agent_token(), "finished");
    CHECK(ended["job"]["path"] == "card/OK.GCO");
    CHECK(ended["job"]["id"] == said.json()["Result"]["JobId"]);
}

TEST_CASE("the layerline command lists the card and prints from it", "[card]")
{
    const temp_folder card;
    std::ofstream(card.path() / "A long name.gcode") << small_job(20);
    rig at({.printer = {"--card", card.path().string(), "--firmware", "repetier"}, .speed = "20"});
    at.start_printer();
    at.start_host();
    at.start_agent();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    const auto token = at.make_agent_token("view,control,files").secret;
    const auto cli = [&](std::vector<std::string> words) {
        std::vector<std::string> argv{program_path("layerline").string(), "--url", at.agent_url(), "--token",
                                      token};
        argv.insert(argv.end(), words.begin(), words.end());
        return run(argv);
    };
    const auto listed = cli({"card"});
    INFO(listed.output);
    CHECK(listed.exit_code == 0);
    REQUIRE(listed.output.find("card/") != std::string::npos);
    const auto path = listed.output.substr(0, listed.output.find(' '));
    const auto started = cli({"start", path, "--bed-clear", "--wait", "30"});
    INFO(started.output);
    CHECK(started.exit_code == 0);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "finished");
}
