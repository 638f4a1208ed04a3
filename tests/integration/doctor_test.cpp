// `layerline doctor` with the real programs: each hop is broken in turn, and it says which, why and what to
// do.
#include "authority.hpp"
#include "odd_proxy.hpp"
#include "rig.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace layerline::tests;
using nlohmann::json;

namespace {

struct report {
    int exit_code = 0;
    json all;
    std::string text;

    // The first finding of that hop and name; null when there is none.
    json finding(const std::string& hop, const std::string& name) const
    {
        for (const auto& each : all["Findings"])
            if (each["Hop"] == hop && each["Name"] == name) return each;
        return {};
    }
    std::size_t in_state(const std::string& state) const
    {
        std::size_t count = 0;
        for (const auto& each : all["Findings"])
            count += each["State"] == state ? 1 : 0;
        return count;
    }
};

report examine(std::vector<std::string> arguments, std::vector<std::string> environment)
{
    arguments.insert(arguments.begin(), {program_path("layerline").string(), "--json"});
    start_options how;
    how.environment = std::move(environment);
    const auto done = run(std::move(arguments), how);
    report seen;
    seen.exit_code = done.exit_code;
    seen.text = done.output;
    seen.all = json::parse(done.output, nullptr, false);
    INFO(done.output);
    REQUIRE(seen.all.is_object());
    CHECK(seen.all["ExitCode"] == done.exit_code);
    CHECK(seen.all["Healthy"] == (done.exit_code == 0));
    return seen;
}

// On the printer's machine, with both sockets.
report beside_printer(const rig& at, const std::string& token)
{
    return examine({"--url", at.agent_url(), "doctor", "--state", at.path("agent").string(), "--print-host",
                    at.path("host.sock").string()},
                   {"LAYERLINE_TOKEN=" + token});
}

// Anywhere else, with the relay's URL.
report elsewhere(const std::string& url, const std::string& printer = "none", const std::string& token = {},
                 const std::filesystem::path& ca_file = {})
{
    std::vector<std::string> environment{"LAYERLINE_PRINTER=" + printer};
    if (!token.empty()) environment.push_back("LAYERLINE_TOKEN=" + token);
    std::vector<std::string> arguments{"--url", url};
    if (!ca_file.empty()) arguments.insert(arguments.end(), {"--ca-file", ca_file.string()});
    arguments.emplace_back("doctor");
    return examine(std::move(arguments), std::move(environment));
}

struct told {
    int exit_code;
    std::string hop, name, in_text, in_remedy;
};

// The first failure is this one: its cause, its remedy, its exit code.
void check_told(const report& seen, const told& wanted)
{
    INFO(seen.text);
    CHECK(seen.exit_code == wanted.exit_code);
    json first;
    for (const auto& each : seen.all["Findings"])
        if (first.is_null() && each["State"] == "failed") first = each;
    REQUIRE(first.is_object());
    CHECK(first["Hop"] == wanted.hop);
    CHECK(first["Name"] == wanted.name);
    CHECK(first["Text"].get<std::string>().find(wanted.in_text) != std::string::npos);
    REQUIRE(first["Remedy"].is_string());
    CHECK(first["Remedy"].get<std::string>().find(wanted.in_remedy) != std::string::npos);
}

std::string id_of_token(const rig& at, const std::string& scopes, std::string& secret)
{
    const auto made = at.make_relay_token(scopes);
    secret = made.secret;
    return made.id;
}

} // namespace

TEST_CASE("where all is well the doctor says so of every hop, and ends with 0", "[doctor]")
{
    rig at;
    at.start_all();
    const auto here = beside_printer(at, at.agent_token());
    INFO(here.text);
    CHECK(here.exit_code == 0);
    CHECK(here.in_state("failed") == 0);
    CHECK(here.in_state("warning") == 0);
    for (const auto* hop : {"print-host", "printer", "agent", "connection", "lan", "clock", "size", "relay",
                            "upgrade", "tunnel", "credentials"})
        CHECK(here.finding(hop, "ok").is_object());
    const auto there = elsewhere(at.relay_url(), at.agent_id(), at.relay_token());
    INFO(there.text);
    CHECK(there.exit_code == 0);
    CHECK(there.finding("credentials", "ok").is_object());
    CHECK(there.finding("upgrade", "ok").is_object());
    CHECK(there.finding("clock", "ok").is_object());

    // Credentials.
    std::string secret;
    const auto id = id_of_token(at, "view", secret);
    CHECK(elsewhere(at.relay_url(), at.agent_id(), secret).exit_code == 0);
    REQUIRE(at.relay_command({"token", "revoke", id}).exit_code == 0);
    check_told(elsewhere(at.relay_url(), at.agent_id(), secret),
               {4, "credentials", "token_dead", "(604)", "layerline-relay token create"});
    check_told(elsewhere(at.relay_url(), at.agent_id(), "ll_nobody"),
               {4, "credentials", "token_unknown", "(606)", "layerline-relay token create"});
    check_told(elsewhere(at.relay_url(), std::string(26, 'a'), at.relay_token()),
               {4, "credentials", "printer_unknown", "(603)", "layerline-agent status"});
    check_told(beside_printer(at, "ll_nobody"),
               {4, "credentials", "token_unknown", "(401)", "layerline-agent token create"});
    const auto without = elsewhere(at.relay_url(), at.agent_id());
    CHECK(without.exit_code == 0);
    CHECK(without.finding("credentials", "skipped").is_object());
}

TEST_CASE("the doctor beside the printer names port, print host or agent, whichever is away", "[doctor]")
{
    rig at;
    at.start_all();
    const auto token = at.agent_token();

    at.printer->signal(SIGKILL);
    (void)at.printer->wait();
    (void)wait_for_phase(at.agent_url(), token, "offline");
    check_told(beside_printer(at, token), {5, "printer", "port_gone", "offline", "USB cable"});
    check_told(elsewhere(at.agent_url(), "", token),
               {5, "credentials", "printer_away", "(785)", "on the agent's machine"});
    at.start_printer();
    (void)wait_for_phase(at.agent_url(), token, "idle");
    CHECK(beside_printer(at, token).exit_code == 0);

    at.host->signal(SIGSTOP);
    check_told(beside_printer(at, token), {5, "print-host", "silent", "says nothing", "nothing prints"});
    at.host->signal(SIGCONT);
    at.host->signal(SIGKILL);
    (void)at.host->wait();
    check_told(beside_printer(at, token), {5, "print-host", "not_running", "host.sock", "journalctl"});
    std::filesystem::remove(at.path("host.sock"));
    check_told(beside_printer(at, token),
               {5, "print-host", "socket_missing", "host.sock", "systemctl start"});
    at.start_host();
    (void)wait_for_phase(at.agent_url(), token, "idle");

    at.agent->signal(SIGKILL);
    (void)at.agent->wait();
    check_told(beside_printer(at, token), {5, "agent", "not_running", "control.sock", "journalctl"});
    REQUIRE(at.becomes([&] { return at.relay->log().find("is gone") != std::string::npos; }));
    check_told(elsewhere(at.relay_url(), at.agent_id(), at.relay_token()),
               {5, "credentials", "agent_offline", "(601)", "on the agent's machine"});
    std::filesystem::remove(at.path("agent/control.sock"));
    check_told(beside_printer(at, token),
               {5, "agent", "socket_missing", "control.sock", "systemctl start layerline-agent"});
    at.start_agent();
    at.wait_for_tunnel();
    CHECK(beside_printer(at, token).exit_code == 0);
}

TEST_CASE("the doctor beside an agent that was never paired shows the code to claim", "[doctor]")
{
    rig at;
    at.start_printer();
    at.start_host();
    at.start_relay();
    at.start_agent();
    const auto code = at.pairing_code();
    (void)wait_for_phase(at.agent_url(), at.agent_token(), "idle");
    check_told(beside_printer(at, at.agent_token()),
               {4, "tunnel", "not_paired", "", "layerline-relay claim " + code});
}

TEST_CASE("the doctor names what stands on the way to the relay", "[doctor]")
{
    rig at;
    at.start_relay();
    const auto port = at.port_of(at.relay_url());
    const auto page = [](unsigned status, const std::string& body) {
        odd_ways ways;
        ways.says = [status, body](const layerline::transport::request_head&) {
            odd_answer answer{status, {{"content-type", "text/html"}}, body};
            return std::optional<odd_answer>(std::move(answer));
        };
        return ways;
    };
    const auto door = [](unsigned status) {
        odd_ways ways;
        ways.says = [status](const layerline::transport::request_head& asked) {
            return asked.target.starts_with("/tunnel/") ? std::optional<odd_answer>(odd_answer{status})
                                                        : std::nullopt;
        };
        return ways;
    };
    CHECK(elsewhere(at.relay_url()).exit_code == 0);

    // A label of more than 63 letters is no name anywhere: no name server has to be asked.
    check_told(elsewhere("https://" + std::string(70, 'x') + ".invalid"),
               {3, "dns", "name_unknown", "is not known", "Check the spelling"});
    check_told(elsewhere("http://192.0.2.1:8480"),
               {3, "connection", "insecure_refused", "not encrypted", "https://"});
    {
        const odd_proxy portal(port, page(200, "<html><title>Welcome to the hotel</title></html>"));
        check_told(elsewhere(portal.url()),
                   {3, "relay", "captive_portal", "A web page answers", "wants you to log in"});
    }
    {
        odd_ways ways;
        ways.says = [](const layerline::transport::request_head&) {
            odd_answer answer{302, {{"location", "http://login.example/"}}, ""};
            return std::optional<odd_answer>(std::move(answer));
        };
        const odd_proxy portal(port, std::move(ways));
        check_told(elsewhere(portal.url()),
                   {3, "relay", "captive_portal", "http://login.example/", "in a browser"});
    }
    {
        const odd_proxy proxy(port, page(404, "<h1>Not Found</h1>"));
        check_told(elsewhere(proxy.url()), {3, "relay", "captive_portal", "HTTP 404", "another server"});
    }
    {
        const odd_proxy proxy(port, door(426));
        check_told(elsewhere(proxy.url()), {3, "upgrade", "upgrade_taken_out", "HTTP 426", "Upgrade"});
    }
    {
        const odd_proxy proxy(port, door(403));
        check_told(elsewhere(proxy.url()), {3, "upgrade", "upgrade_refused", "HTTP 403", "/tunnel/v1"});
    }
    {
        odd_ways ways;
        ways.max_header_bytes = 8UL * 1024;
        const odd_proxy proxy(port, std::move(ways));
        check_told(elsewhere(proxy.url()), {3, "size", "large_refused", "HTTP 431", "large_client_header"});
    }
    {
        odd_ways ways;
        ways.stamp.set("date", "Sun, 06 Nov 2016 08:49:37 GMT");
        ways.says = [](const layerline::transport::request_head& asked) {
            // Passed on, a request for a WebSocket would lose its Upgrade field here.
            return asked.target.starts_with("/tunnel/") ? std::optional<odd_answer>(odd_answer{403})
                                                        : std::nullopt;
        };
        const odd_proxy proxy(port, std::move(ways));
        check_told(elsewhere(proxy.url()), {3, "clock", "clock_wrong", "days ahead of", "timedatectl"});
    }
    {
        // Nobody behind the proxy, then nobody at all.
        REQUIRE(at.relay->stop() == 0);
        const odd_proxy proxy(port, {});
        check_told(elsewhere(proxy.url()), {3, "relay", "proxy_without_service", "502", "Start the service"});
    }
    check_told(elsewhere(at.relay_url()), {3, "connection", "refused", "refuses", "that the service runs"});

    // It takes connections and says nothing.
    at.start_relay();
    at.relay->signal(SIGSTOP);
    check_told(elsewhere(at.relay_url()), {3, "relay", "no_answer", "does not answer", "restart"});
    at.relay->signal(SIGCONT);
}

TEST_CASE("the doctor tells a certificate of another name, of another time and of a stranger apart",
          "[doctor][tls]")
{
    authority known, stranger;
    known.sign("IP:127.0.0.1");
    rig at({.relay_toml = known.relay_toml(), .ca_file = known.path("ca.pem")});
    const auto with = [&](const std::string& names, int days) {
        if (at.relay) REQUIRE(at.relay->stop() == 0);
        known.sign(names, days);
        at.start_relay();
        return elsewhere(at.relay_url(), "none", {}, known.path("ca.pem"));
    };
    CHECK(with("IP:127.0.0.1", 2).exit_code == 0);
    check_told(elsewhere(at.relay_url(), "none", {}, stranger.path("ca.pem")),
               {3, "tls", "certificate_refused", "unable to get", "ca_file"});
    check_told(elsewhere("http" + at.relay_url().substr(5)),
               {3, "relay", "no_answer", "does not answer", "restart"});
    check_told(with("DNS:elsewhere.example", 2),
               {3, "tls", "certificate_refused", "IP address mismatch", "name its authority"});
    check_told(with("IP:127.0.0.1", -1), {3, "tls", "certificate_time", "expired", "clock first"});

    // Plain HTTP where TLS was expected.
    at.options().relay_toml.clear();
    REQUIRE(at.relay->stop() == 0);
    at.start_relay();
    check_told(elsewhere("https" + at.relay_url().substr(4)),
               {3, "tls", "no_tls", "No TLS is spoken", "Check the port"});
}
