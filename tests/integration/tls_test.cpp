// Certificates between agent, relay and command line: whom they trust, and that nothing goes unencrypted by
// mistake.
#include "authority.hpp"
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace layerline::tests;

namespace {

std::string relay_problem(const rig& at)
{
    const auto status = at.agent_status();
    if (!status.is_object() || !status["relay"].is_object() || !status["relay"]["problem"].is_string())
        return "";
    return status["relay"]["problem"].get<std::string>();
}

std::size_t times(const std::string& text, const std::string& part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

finished check(const rig& at, const std::string& toml)
{
    std::ofstream(at.path("checked.toml")) << toml;
    return at.agent_command({"--config", at.path("checked.toml").string(), "--check"});
}

} // namespace

TEST_CASE("a relay with a certificate carries tunnel and commands, bound to their TLS connection", "[tls]")
{
    authority known;
    known.sign("IP:127.0.0.1,DNS:localhost");
    rig at({.agent_relay = known.agent_relay(),
            .relay_toml = known.relay_toml(),
            .ca_file = known.path("ca.pem")});
    at.start_printer();
    at.start_host();
    at.start_relay();
    CHECK(at.relay_url().starts_with("https://"));
    at.start_agent();
    at.pair();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    const auto status = at.cli({"status"});
    INFO(status.output);
    CHECK(status.exit_code == 0);
    CHECK(at.relay_command({"printers"}).output.find("online") != std::string::npos);

    // The command line trusts nobody whom it was not told to trust.
    const auto trusted = at.options().ca_file;
    at.options().ca_file.clear();
    const auto stranger = at.cli({"status"});
    INFO(stranger.output);
    CHECK(stranger.exit_code == 3);
    CHECK(stranger.output.find("certificate") != std::string::npos);
    at.options().ca_file = trusted;
    at.options().ca_file.clear();
    const auto named = at.cli({"--ca-file", known.path("ca.pem"), "ping"});
    INFO(named.output);
    CHECK(named.exit_code == 0);
    at.options().ca_file = trusted;

    // The handshake was bound to TLS at pairing: with less neither end goes on.
    REQUIRE(at.agent->stop() == 0);
    at.options().agent_relay = known.agent_relay() + "channel_binding = \"off\"\n";
    at.start_agent();
    REQUIRE(at.becomes([&] { return at.agent_status()["relay"]["state"] == "given_up"; }));
    CHECK(relay_problem(at).find("channel_binding") != std::string::npos);
    REQUIRE(at.agent->stop() == 0);
    at.options().agent_relay = known.agent_relay();
    at.start_agent();
    at.wait_for_tunnel();
}

TEST_CASE("an agent that does not trust the relay's certificate never connects, and says why", "[tls]")
{
    const std::string names = GENERATE("IP:127.0.0.1", "DNS:elsewhere.example");
    authority known, other;
    known.sign(names);
    const bool wrong_authority = names == "IP:127.0.0.1";
    rig at({.agent_relay = wrong_authority ? other.agent_relay() : known.agent_relay(),
            .relay_toml = known.relay_toml(),
            .ca_file = known.path("ca.pem")});
    at.start_relay();
    at.start_agent();
    REQUIRE(at.becomes([&] { return relay_problem(at).find("certificate") != std::string::npos; }));
    INFO(at.agent_command({"status"}).output);
    CHECK(at.agent_status()["relay"]["state"] != "given_up"); // a clock that is set later may mend it
    // Twice more, still not: each refusal is told to the relay's end as a connection that ended.
    const auto asked_again = at.agent_command({"reconnect"});
    CHECK(asked_again.exit_code == 0);
    REQUIRE(at.becomes([&] { return relay_problem(at).find("certificate") != std::string::npos; }));
    CHECK(at.agent_status()["pairing"].is_null());
    const auto printers = at.relay_command({"printers"});
    CHECK(printers.output.find("0 printers, 0 agents wait") != std::string::npos);
    CHECK(times(at.relay->log(), "waits to be claimed") == 0);
}

TEST_CASE("a relay whose certificate and key do not fit does not start", "[tls]")
{
    authority known, other;
    known.sign("IP:127.0.0.1");
    other.sign("IP:127.0.0.1");
    rig at;
    const auto started = [&](const std::string& toml) {
        std::ofstream(at.path("relay.toml")) << toml;
        return at.relay_command({"--config", at.path("relay.toml").string(), "--listen", "127.0.0.1:0"});
    };
    const auto mixed = started("[listen]\ncertificate = \"" + known.path("relay.pem") +
                               "\"\nprivate_key = \"" + other.path("relay.key") + "\"\n");
    INFO(mixed.output);
    CHECK(mixed.exit_code == 1);
    CHECK(mixed.output.find("key") != std::string::npos);
    const auto missing = started("[listen]\ncertificate = \"" + known.path("none.pem") +
                                 "\"\nprivate_key = \"" + known.path("relay.key") + "\"\n");
    INFO(missing.output);
    CHECK(missing.exit_code == 1);
    CHECK(missing.output.find("none.pem") != std::string::npos);
    CHECK(started("[listen]\ncertificate = \"" + known.path("relay.pem") + "\"\n").exit_code == 2);
}

TEST_CASE("an unencrypted relay on another machine is refused unless the owner allows it", "[tls]")
{
    rig at;
    const auto refused = check(at, "[relay]\nurls = [\"ws://192.0.2.1:8480\"]\n");
    INFO(refused.output);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.find("not encrypted") != std::string::npos);
    CHECK(refused.output.find("allow_insecure") != std::string::npos);
    CHECK(check(at, "[relay]\nurls = [\"ws://192.0.2.1:8480\"]\nallow_insecure = true\n").exit_code == 0);
    CHECK(check(at, "[relay]\nurls = [\"wss://192.0.2.1:8480\"]\n").exit_code == 0);
    CHECK(check(at, "[relay]\nurls = [\"ws://127.0.0.1:8480\"]\n").exit_code == 0);
    CHECK(check(at, "[relay]\nurls = [\"ws://127.0.0.1:8480\"]\nchannel_binding = \"tls-exporter\"\n")
              .exit_code == 2);

    // The same for the command line, which would show its token on the way.
    start_options how;
    how.environment = {"LAYERLINE_URL=http://192.0.2.1:8480", "LAYERLINE_TOKEN=ll_secret"};
    const auto asked = run({program_path("layerline").string(), "ping"}, how);
    INFO(asked.output);
    CHECK((asked.exit_code == 2 || asked.exit_code == 3));
    CHECK(asked.output.find("insecure") != std::string::npos);
}
