// A clock that jumps by years, as a Pi's does when it finds the network: the agent's, under libfaketime.
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;
using nlohmann::json;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool can_preload = false; // the sanitizers want to be loaded first
#else
constexpr bool can_preload = true;
#endif

std::string faketime_library()
{
    for (const std::string machine : {"x86_64", "aarch64"}) {
        const auto path = "/usr/lib/" + machine + "-linux-gnu/faketime/libfaketime.so.1";
        if (std::filesystem::exists(path)) return path;
    }
    return {};
}

} // namespace

TEST_CASE("an agent whose clock jumps by years ends nothing early and runs nothing late", "[clock]")
{
    const auto library = faketime_library();
    if (!can_preload || library.empty()) {
        WARN("needs libfaketime, and a build without sanitizers");
        return;
    }
    rig at({.speed = "5"});
    const auto clock = at.path("clock");
    const auto set_clock = [&](const std::string& offset) {
        std::ofstream(clock.string() + ".new") << offset << "\n";
        std::filesystem::rename(clock.string() + ".new", clock);
    };
    set_clock("+0");
    at.options().environment["agent"] = {"LD_PRELOAD=" + library, "FAKETIME_TIMESTAMP_FILE=" + clock.string(),
                                         "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1",
                                         "FAKETIME_DONT_FAKE_MONOTONIC=1"};
    at.start_all();
    const auto mortal = [&] {
        const auto made = at.agent_command(
            {"token", "create", "--name", "hour", "--scopes", "view", "--expires", "1h", "--json"});
        INFO(made.output);
        REQUIRE(made.exit_code == 0);
        return json::parse(made.output).value("secret", "");
    }();
    at.put_file("job.gcode", small_job(20000));
    REQUIRE(at.at_relay("POST", "start", R"({"Path":"gcode/job.gcode","BedClear":true})").code() == 200);
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "printing");
    const auto relay_log = at.relay->log().size();

    for (const std::string offset : {"+10y", "-10y", "+0"}) {
        INFO("clock " << offset);
        set_clock(offset);
        web_request asked;
        asked.url = at.agent_url() + "/plugin-api/v1/ping";
        asked.token = mortal;
        CHECK(web(asked).status == 200); // an hour is not over
        // What has a time left is done in it: no hop thinks that it came late.
        for (const std::string command : {"pause", "resume"}) {
            asked.method = "POST";
            asked.url = at.printer_url() + "/plugin-api/v1/" + command;
            asked.token = at.relay_token();
            asked.headers.set("x-layerline-timeout-ms", "15000");
            asked.body = "{}";
            const auto answer = web(asked);
            INFO(command << ": " << answer.body << answer.error);
            CHECK(answer.code() == 200);
            (void)wait_for_phase(at.agent_url(), at.agent_token(),
                                 command == "pause" ? "paused" : "printing");
        }
        CHECK(at.agent_status()["relay"]["state"] == "connected");
    }
    // The tunnel stood all the time.
    CHECK(at.relay->log().substr(relay_log).find("is gone") == std::string::npos);
}
