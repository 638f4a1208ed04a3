// What relay and agents do to each other: an agent that breaks exchanges off (612), one that is too old
// (610), two copies of one key, several relay addresses, and `reconnect`.
#include "rig.hpp"
#include "scripted_agent.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace layerline::tests;
using nlohmann::json;

namespace {

web_answer ping(const rig& at, const std::string& agent_id, bool standard = false)
{
    web_request asked;
    asked.url = at.relay_url() + "/printers/" + agent_id + "/plugin-api/v1/ping";
    asked.token = at.relay_token();
    if (standard) asked.headers.set("x-layerline-status", "standard");
    return web(asked);
}

json relay_part(const rig& at)
{
    const auto status = at.agent_status();
    return status.is_object() && status["relay"].is_object() ? status["relay"] : json::object();
}

void check_cause(const web_answer& answer, unsigned status, const std::string& name)
{
    INFO(answer.status << ' ' << answer.body << answer.error);
    CHECK(answer.status == status);
    const auto body = answer.json();
    REQUIRE(body.is_object());
    CHECK(body["Status"] == status);
    CHECK(body["Cause"]["Code"] == name);
    CHECK(body["Hop"] == "agent");
    CHECK_FALSE(body.value("Error", "").empty());
    CHECK_FALSE(body.value("RequestId", "").empty());
}

// An address that nobody answers at: bound, and never listened on.
class dead_port {
public:
    dead_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
        port_ = ntohs(where.sin_port);
    }
    ~dead_port() { ::close(socket_); }
    dead_port(const dead_port&) = delete;
    dead_port& operator=(const dead_port&) = delete;
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }

private:
    int socket_;
    std::uint16_t port_ = 0;
};

} // namespace

TEST_CASE("612: an agent that resets its stream or sends a head that is none, and its tunnel stays up",
          "[relay][status]")
{
    struct row {
        std::string what;
        scripted_answer answer;
    };
    const std::vector<row> rows{
        {"a reset", {scripted_reset(2)}},
        {"a head without a status", {scripted_head({{"content-type", "text/plain"}}, true)}},
        {"a status in words", {scripted_head({{":status", "good"}}, true)}},
        {"a status twice", {scripted_head({{":status", "200"}, {":status", "200"}}, true)}},
        {"a status of the relay's own", {scripted_head({{":status", "601"}}, true)}},
        {"a status that HTTP/2 does not know", {scripted_head({{":status", "101"}}, true)}},
    };
    std::vector<scripted_answer> script;
    for (const auto& each : rows) {
        script.push_back(each.answer); // asked with the 6xx status
        script.push_back(each.answer); // and with the standard one
    }
    script.push_back({scripted_head({{":status", "200"}}, false), scripted_data("good", true)});
    rig at;
    at.start_relay();
    const scripted_agent agent(at.relay_url(), script);
    REQUIRE(at.becomes([&] {
        return !agent.code().empty() && at.relay_command({"claim", agent.code()}).exit_code == 0;
    }));
    at.use_relay_token(at.make_relay_token("view").secret);
    REQUIRE(at.becomes([&] { return at.relay->log().find("is here") != std::string::npos; }));
    for (const auto& each : rows) {
        INFO(each.what);
        check_cause(ping(at, agent.id()), 612, "agent_failed");
        const auto standard = ping(at, agent.id(), true);
        CHECK(standard.status == 502);
        CHECK(standard.json()["Status"] == 612);
        CHECK(standard.json()["RetryAfterSec"] == 2);
    }
    const auto good = ping(at, agent.id());
    CHECK(good.status == 200);
    CHECK(good.body == "good");
}

TEST_CASE("612: an agent that refuses the stream has done nothing, and the answer says so", "[relay][status]")
{
    constexpr std::uint32_t refused_stream = 7, no_error = 0;
    rig at;
    at.start_relay();
    const scripted_agent agent(at.relay_url(),
                               {{scripted_reset(refused_stream)},
                                {scripted_reset(refused_stream)},
                                {scripted_head({{":status", "200"}}, true)},
                                {scripted_goaway(5, no_error)}}); // the stream after the third
    REQUIRE(at.becomes([&] {
        return !agent.code().empty() && at.relay_command({"claim", agent.code()}).exit_code == 0;
    }));
    at.use_relay_token(at.make_relay_token("view").secret);
    REQUIRE(at.becomes([&] { return at.relay->log().find("is here") != std::string::npos; }));
    const auto refused = ping(at, agent.id());
    check_cause(refused, 612, "agent_failed");
    CHECK(refused.json().value("Error", "").find("nothing of it was carried out") != std::string::npos);
    CHECK(refused.json()["RetryAfterSec"] == 2);
    CHECK(ping(at, agent.id(), true).status == 502);
    CHECK(ping(at, agent.id()).status == 200);
    // A goodbye that leaves the request out refuses it as well; from then on there is no agent.
    const auto left_out = ping(at, agent.id());
    check_cause(left_out, 612, "agent_failed");
    CHECK(left_out.json().value("Error", "").find("nothing of it was carried out") != std::string::npos);
    CHECK(at.becomes([&] { return ping(at, agent.id()).status == 601; }));
}

TEST_CASE("610: an agent below the relay's minimum carries nothing, and both ends say so", "[relay][status]")
{
    rig at({.relay_toml = "minimum_agent_version = \"99.1\"\n[limits]\nrequests_per_minute = 100000\n"});
    at.start_relay();
    at.start_agent();
    at.use_relay_token(at.make_relay_token("view").secret);
    REQUIRE(at.relay_command({"claim", at.pairing_code()}).exit_code == 0);
    REQUIRE(at.becomes([&] { return relay_part(at).value("state", "") == "connected"; }));
    const auto refused = ping(at, at.agent_id());
    check_cause(refused, 610, "agent_too_old");
    CHECK(refused.json().value("Error", "").find("99.1") != std::string::npos);
    CHECK(refused.json()["Cause"]["Permanent"] == true);
    CHECK(ping(at, at.agent_id(), true).status == 502);
    const auto told = at.agent_command({"status"});
    INFO(told.output);
    CHECK(told.output.find("610") != std::string::npos);
    CHECK(told.output.find("99.1") != std::string::npos);

    // Away, it is no less old.
    REQUIRE(at.agent->stop() == 0);
    REQUIRE(at.becomes([&] { return at.relay->log().find("is gone") != std::string::npos; }));
    CHECK(ping(at, at.agent_id()).status == 610);

    // The relay's owner asks for less.
    at.options().relay_toml = "minimum_agent_version = \"0.0.1\"\n[limits]\nrequests_per_minute = 100000\n";
    REQUIRE(at.relay->stop() == 0);
    at.start_relay();
    at.start_agent();
    CHECK(at.becomes([&] { return ping(at, at.agent_id()).status == 200; }));
    CHECK(at.agent_command({"status"}).output.find("610") == std::string::npos);
}

TEST_CASE("two copies of one key are both kept out, and a new key for one of them is one command",
          "[relay][quarantine]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    REQUIRE(at.agent->stop() == 0);
    std::filesystem::copy(at.path("agent"), at.path("copy"), std::filesystem::copy_options::recursive);
    at.start_agent();
    at.wait_for_tunnel();
    std::ofstream(at.path("copy.toml")) << "[printer]\nsocket = \"" << at.path("host.sock").string()
                                        << "\"\n[lan]\nlisten = \"127.0.0.1:0\"\n[relay]\nurls = [\"ws"
                                        << at.relay_url().substr(4) << "\"]\n";
    program copy({program_path("layerline-agent").string(), "--config", at.path("copy.toml").string(),
                  "--state", at.path("copy").string()},
                 at.path("copy.log"));
    const auto of_copy = [&](const std::string& command) {
        return run({program_path("layerline-agent").string(), "--state", at.path("copy").string(), command});
    };

    // Each takes over from the other, newest first, until the relay has seen enough of it.
    REQUIRE(at.becomes(
        [&] {
            const auto answer = ping(at, at.agent_id());
            return answer.status == 601 && answer.body.find("rekey") != std::string::npos;
        },
        seconds(90)));
    const auto answer = ping(at, at.agent_id());
    check_cause(answer, 601, "agent_offline");
    CHECK(answer.json()["RetryAfterSec"] == 300);
    CHECK(at.relay->log().find("two running copies") != std::string::npos);
    const auto listed = at.relay_command({"printers"});
    INFO(listed.output);
    CHECK(listed.output.find("two copies of its key") != std::string::npos);
    for (const auto& told : {std::function([&] { return at.agent_command({"status"}).output; }),
                             std::function([&] { return of_copy("status").output; })}) {
        CHECK(at.becomes([&] {
            const auto text = told();
            return text.find("two running copies share one key") != std::string::npos &&
                   text.find("layerline-agent rekey") != std::string::npos;
        }));
        INFO(told());
    }
    // A restart or a person's impatience changes nothing.
    REQUIRE(at.agent_command({"reconnect"}).exit_code == 0);
    CHECK(at.becomes([&] {
        return at.agent_status()["relay"].value("problem", "").find("two running copies") !=
               std::string::npos;
    }));
    CHECK(ping(at, at.agent_id()).status == 601);

    // One step, and the copy is a printer of its own that can be claimed.
    const auto renewed = of_copy("rekey");
    INFO(renewed.output);
    REQUIRE(renewed.exit_code == 0);
    std::string code;
    REQUIRE(at.becomes([&] {
        const auto status = of_copy("status").output;
        const auto place = status.find("layerline-relay claim ");
        if (place != std::string::npos) code = status.substr(place + 22, 9);
        return !code.empty();
    }));
    REQUIRE(at.relay_command({"claim", code, "--name", "the copy"}).exit_code == 0);
    const auto new_id = renewed.output.substr(0, 26);
    CHECK(new_id != at.agent_id());
    CHECK(at.becomes([&] { return ping(at, new_id).status == 200; }));
}

TEST_CASE("relay addresses are tried in turn until one answers", "[relay][agent]")
{
    const dead_port first, second;
    rig at({.relays_before = {first.url(), second.url()}});
    at.start_relay();
    at.start_agent();
    at.pair();
    const auto log = at.agent->log();
    INFO(log);
    CHECK(log.find(first.url()) != std::string::npos);
    CHECK(relay_part(at).value("url", "") == "ws" + at.relay_url().substr(4));
    CHECK(ping(at, at.agent_id()).status == 200);

    // And again after the one that works was away.
    REQUIRE(at.relay->stop() == 0);
    at.start_relay();
    CHECK(at.becomes([&] { return ping(at, at.agent_id()).status == 200; }, seconds(60)));
}

TEST_CASE("layerline-agent reconnect dials at once while the agent waits for its next try", "[relay][agent]")
{
    rig at;
    at.start_relay();
    at.start_agent();
    at.pair();
    REQUIRE(at.relay->stop() == 0);
    // The pauses grow: until one is long enough to tell its end from a person's word.
    REQUIRE(at.becomes(
        [&] {
            const auto now = relay_part(at);
            return now.value("state", "") == "waiting" && now["next_try_s"].is_number() &&
                   now["next_try_s"] > 10;
        },
        seconds(150)));
    at.start_relay();
    REQUIRE(at.agent_command({"reconnect"}).exit_code == 0);
    const bool back = at.becomes([&] { return ping(at, at.agent_id()).status == 200; }, seconds(5));
    INFO(relay_part(at).dump());
    CHECK(back);
}
