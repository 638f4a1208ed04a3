// Limits, as a caller meets them: told with their wait, for each token and each address, at relay and agent.
#include "held_call.hpp"
#include "rig.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;

namespace {

const std::string plenty = "[limits]\nrequests_per_minute = 100000\n";

web_answer ask(const std::string& base, const std::string& token, const std::string& command = "ping")
{
    web_request asked;
    asked.url = base + "/plugin-api/v1/" + command;
    asked.token = token;
    return web(asked);
}

void check_told(const web_answer& answer, unsigned status, const std::string& words)
{
    INFO(answer.status << ' ' << answer.body << answer.error);
    CHECK(answer.status == status);
    CHECK(answer.headers.find("retry-after"));
    const auto body = answer.json();
    REQUIRE(body.is_object());
    CHECK(body["Status"] == status);
    CHECK(body["RetryAfterSec"] >= 1);
    CHECK(body.value("Error", "").find(words) != std::string::npos);
    CHECK_FALSE(body.value("RequestId", "").empty());
}

std::string events_of(const std::string& path, const std::string& token)
{
    return "GET " + path + "/plugin-api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token +
           "\r\n\r\n";
}

struct door {
    std::string name, base, path, token;
    std::uint16_t port;
};

std::vector<door> doors_of(const rig& at)
{
    return {{"relay", at.printer_url(), "/printers/" + at.agent_id(), at.relay_token(),
             at.port_of(at.relay_url())},
            {"agent", at.agent_url(), "", at.agent_token(), at.port_of(at.agent_url())}};
}

} // namespace

TEST_CASE("connections of one address are limited, and told so", "[limits]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[limits]\nconnections_per_address = 3\n",
            .relay_toml = plenty + "connections_per_address = 4\n"}); // one is the agent's
    at.start_relay();
    at.start_agent();
    at.pair();
    for (const auto& door : doors_of(at)) {
        INFO(door.name);
        {
            // Connections of the calls before may still be about to close.
            std::vector<held_call> held;
            REQUIRE(at.becomes([&] {
                bool all = true;
                for (int i = 0; i < 3; ++i) {
                    held.emplace_back(door.port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
                    all = all && held.back().hears("HTTP/1.1 ") && held.back().hears("}") &&
                          held.back().got().find("HTTP/1.1 200") == 0;
                }
                if (!all) held.clear();
                return all;
            }));
            check_told(ask(door.base, door.token), 429, "this address");
        }
        CHECK(at.becomes([&] { return ask(door.base, door.token).status == 200; }));
    }
}

TEST_CASE("requests under way are limited for each token, and told so", "[limits]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[limits]\nstreams_per_token = 2\n",
            .relay_toml = plenty + "streams_per_token = 2\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto other_there = at.make_relay_token("view").secret,
               other_here = at.make_agent_token("view").secret;
    for (const auto& door : doors_of(at)) {
        INFO(door.name);
        {
            held_call first(door.port, events_of(door.path, door.token)),
                second(door.port, events_of(door.path, door.token));
            REQUIRE(first.hears("event"));
            REQUIRE(second.hears("event"));
            check_told(ask(door.base, door.token), 429, "under way");
            CHECK(ask(door.base, door.name == "relay" ? other_there : other_here).status == 200);
        }
        CHECK(at.becomes([&] { return ask(door.base, door.token).status == 200; }));
    }
}

TEST_CASE("requests under way are limited for each address too", "[limits]")
{
    rig at({.relay_toml = plenty + "streams_per_address = 1\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto other = at.make_relay_token("view").secret;
    {
        held_call first(at.port_of(at.relay_url()),
                        events_of("/printers/" + at.agent_id(), at.relay_token()));
        REQUIRE(first.hears("event"));
        check_told(ask(at.printer_url(), other), 429, "address");
    }
    CHECK(at.becomes([&] { return ask(at.printer_url(), other).status == 200; }));
}

TEST_CASE("requests a minute are limited for each token at the agent, and told so", "[limits]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[limits]\nrequests_per_minute = 60\n"});
    at.start_agent();
    const auto calm = at.make_agent_token("view").secret;
    web_answer last;
    int passed = 0;
    while (passed < 40 && (last = ask(at.agent_url(), at.agent_token())).status == 200)
        ++passed;
    CHECK(passed >= 12);
    CHECK(passed < 40);
    check_told(last, 429, "short time");
    CHECK(ask(at.agent_url(), calm).status == 200);
}

TEST_CASE("heads are as long as the owner allows", "[limits]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[limits]\nmax_header_kb = 4\n",
            .relay_toml = plenty + "max_header_kb = 4\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    for (const auto& door : doors_of(at)) {
        INFO(door.name);
        web_request asked;
        asked.url = door.base + "/plugin-api/v1/ping";
        asked.token = door.token;
        asked.headers.set("x-padding", std::string(3000, 'a'));
        CHECK(web(asked).status == 200);
        asked.headers.set("x-padding", std::string(5000, 'a'));
        CHECK(web(asked).status == 431);
    }
}

TEST_CASE("bytes a second are limited for each token, others are not slowed", "[limits]")
{
    rig at({.relay_toml = plenty + "max_rate_kb_s = 256\n"});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto job = small_job(50'000);
    at.put_file("large.gcode", job);
    const auto download = [&](const std::string& token) {
        const auto begin = std::chrono::steady_clock::now();
        const auto answer = ask(at.printer_url(), token, "files/download?Path=gcode/large.gcode");
        CHECK(answer.status == 200);
        CHECK(answer.body == job);
        return std::chrono::steady_clock::now() - begin;
    };
    // A second's bytes come at once, the rest at the rate.
    const auto least = std::chrono::duration<double>(static_cast<double>(job.size()) / (256.0 * 1024) - 1.3);
    REQUIRE(least.count() > 1);
    const auto took = download(at.relay_token());
    CHECK(took > least);
    CHECK(took < least * 3 + seconds(5));
    // An upload too.
    const auto begin = std::chrono::steady_clock::now();
    web_request asked;
    asked.method = "PUT";
    asked.url = at.printer_url() + "/plugin-api/v1/files/upload?Path=gcode/again.gcode";
    asked.token = at.relay_token();
    asked.body = job;
    const auto stored = web(asked);
    INFO(stored.body << stored.error);
    CHECK(stored.code() == 200);
    CHECK(std::chrono::steady_clock::now() - begin > least);
    // Another token has its own allowance.
    const auto other = at.make_relay_token("view").secret;
    const auto quick = std::chrono::steady_clock::now();
    CHECK(ask(at.printer_url(), other).status == 200);
    CHECK(std::chrono::steady_clock::now() - quick < seconds(2));
}

TEST_CASE("a relay without descriptors says 503 with a wait, and serves again once there are some",
          "[limits][descriptors]")
{
    rig at({.relay_toml = plenty + "connections_per_address = 0\n", .max_descriptors = {{"relay", 64}}});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto port = at.port_of(at.relay_url());
    {
        // Those that get in hold what there is; whoever comes then is told, though nobody hangs up.
        const auto begin = std::chrono::steady_clock::now();
        std::vector<held_call> held;
        for (int i = 0; i < 120; ++i)
            held.emplace_back(port, i % 2 == 0 ? "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" : "");
        int served = 0, told = 0;
        for (std::size_t i = 0; i < held.size(); ++i) {
            auto& each = held[i];
            INFO(i);
            if (i % 2 == 1 && told == 0) continue; // admitted, and silent
            REQUIRE(each.hears("}"));
            INFO(each.got());
            if (each.got().rfind("HTTP/1.1 200 ", 0) == 0) {
                ++served;
                continue;
            }
            ++told;
            CHECK(each.got().rfind("HTTP/1.1 503 ", 0) == 0);
            CHECK(each.got().find("retry-after: 5") != std::string::npos);
            CHECK(each.got().find("\"RetryAfterSec\":5") != std::string::npos);
            CHECK(each.got().find("descriptors") != std::string::npos);
        }
        CHECK(served > 0);
        CHECK(told >= 60);
        // Some 10 ms on an idle machine.
        CHECK(std::chrono::steady_clock::now() - begin < seconds(3));
        CHECK(at.relay->running());
    }
    CHECK(at.becomes([&] { return ask(at.printer_url(), at.relay_token()).status == 200; }));
    const auto log = at.relay->log();
    CHECK(log.find("out of descriptors") != std::string::npos);
}

TEST_CASE("an agent with few descriptors says 503 with a wait, and keeps its tunnel", "[limits][descriptors]")
{
    rig at({.agent_toml = "[files]\nreserve_mb = 1\n[limits]\nconnections_per_address = 0\n",
            .max_descriptors = {{"agent", 64}}});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto port = at.port_of(at.agent_url());
    {
        std::vector<held_call> held;
        for (int i = 0; i < 30; ++i)
            held.emplace_back(port, "");
        auto& last = held.back();
        last.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        INFO(last.got());
        CHECK(last.hears("HTTP/1.1 503 "));
        CHECK(last.hears("}"));
        CHECK(last.got().find("retry-after: 5") != std::string::npos);
        CHECK(last.got().find("\"RetryAfterSec\":5") != std::string::npos);
        CHECK(ask(at.printer_url(), at.relay_token()).status == 200);
    }
    CHECK(at.becomes([&] { return ask(at.agent_url(), at.agent_token()).status == 200; }));
}
