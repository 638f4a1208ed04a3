#include "cli/doctor.hpp"
#include "cli/doctor_report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

using namespace layerline::cli;

namespace {

constexpr std::int64_t noon = 1'795'348'800; // any time

answer_seen own_answer()
{
    answer_seen seen;
    seen.got = attempt::done;
    seen.status = 200;
    seen.ours = true;
    seen.date = noon;
    seen.here = noon;
    return seen;
}

// Everything as it should be, on the agent's machine with a relay over TLS.
observations all_well()
{
    observations seen;
    seen.print_host = {"/run/layerline/printhost.sock", attempt::done, true, "idle", "", ""};
    seen.agent.path = "/var/lib/layerline/agent/control.sock";
    seen.agent.reached = attempt::done;
    seen.agent.answered = true;
    seen.agent.relay_state = "connected";
    seen.agent.relay_text = "connected to wss://relay.example";
    seen.agent.relay_url = "wss://relay.example";
    seen.agent.phase = "idle";
    seen.lan.url = "http://127.0.0.1:8481";
    seen.lan.host = "127.0.0.1";
    seen.lan.connected = attempt::done;
    seen.lan.health = seen.lan.large = own_answer();
    seen.relay.url = "wss://relay.example";
    seen.relay.host = "relay.example";
    seen.relay.tls = true;
    seen.relay.named = seen.relay.connected = seen.relay.secured = attempt::done;
    seen.relay.health = seen.relay.large = own_answer();
    seen.relay.upgrade.got = attempt::done;
    seen.relay.upgrade.status = 101;
    seen.credentials.asked = seen.credentials.token_given = true;
    seen.credentials.got = attempt::done;
    seen.credentials.status = 200;
    seen.credentials.text = "No such thing here.";
    return seen;
}

const finding* first_bad(const std::vector<finding>& all)
{
    const auto found =
        std::find_if(all.begin(), all.end(), [](const finding& f) { return f.how == health::bad; });
    return found == all.end() ? nullptr : &*found;
}

struct fault_row {
    const char* what;
    std::function<void(observations&)> break_it;
    const char *hop, *name;
    exit_code code;
    const char* in_remedy;
};

const std::vector<fault_row>& faults()
{
    static const std::vector<fault_row> rows{
        {"no print host", [](observations& s) { s.print_host = {"/x", attempt::missing, false, "", "", ""}; },
         "print-host", "socket_missing", exit_code::printer_away, "systemctl start"},
        {"dead print host",
         [](observations& s) { s.print_host = {"/x", attempt::refused, false, "", "", ""}; }, "print-host",
         "not_running", exit_code::printer_away, "journalctl"},
        {"print host of others",
         [](observations& s) { s.print_host = {"/x", attempt::forbidden, false, "", "", ""}; }, "print-host",
         "socket_forbidden", exit_code::printer_away, "group"},
        {"hanging print host", [](observations& s) { s.print_host.answered = false; }, "print-host", "silent",
         exit_code::printer_away, "nothing prints"},
        {"unplugged printer",
         [](observations& s) {
             s.print_host.phase = "offline";
             s.print_host.problem = "port_gone";
         },
         "printer", "port_gone", exit_code::printer_away, "USB cable"},
        {"port taken", [](observations& s) { s.print_host.problem = "port_held"; }, "printer", "port_held",
         exit_code::printer_away, "End the program"},
        {"port forbidden", [](observations& s) { s.print_host.problem = "port_forbidden"; }, "printer",
         "port_forbidden", exit_code::printer_away, "dialout"},
        {"wrong baud rate", [](observations& s) { s.print_host.problem = "silent"; }, "printer", "silent",
         exit_code::printer_away, "baud"},
        {"Moonraker away",
         [](observations& s) {
             s.print_host = {};
             s.agent.phase = "offline";
         },
         "printer", "away", exit_code::printer_away, "power"},
        {"no agent",
         [](observations& s) {
             s.agent = {};
             s.agent.reached = attempt::missing;
         },
         "agent", "socket_missing", exit_code::printer_away, "systemctl start layerline-agent"},
        {"dead agent",
         [](observations& s) {
             s.agent = {};
             s.agent.reached = attempt::refused;
         },
         "agent", "not_running", exit_code::printer_away, "journalctl"},
        {"agent of others",
         [](observations& s) {
             s.agent = {};
             s.agent.reached = attempt::forbidden;
         },
         "agent", "socket_forbidden", exit_code::usage, "root"},
        {"hanging agent", [](observations& s) { s.agent.answered = false; }, "agent", "silent",
         exit_code::printer_away, "Restart"},
        {"LAN listener elsewhere",
         [](observations& s) {
             s.lan.connected = attempt::refused;
             s.lan.health = s.lan.large = {};
         },
         "connection", "refused", exit_code::unreachable, "port"},
        {"not paired",
         [](observations& s) {
             s.agent.relay_state = "pairing";
             s.agent.pairing_code = "ABCD-EFGH";
         },
         "tunnel", "not_paired", exit_code::credentials, "layerline-relay claim ABCD-EFGH"},
        {"no tunnel though the way is free", [](observations& s) { s.agent.relay_state = "waiting"; },
         "tunnel", "not_connected", exit_code::unreachable, "layerline-agent reconnect"},
        {"refused for good", [](observations& s) { s.agent.relay_state = "given_up"; }, "tunnel", "given_up",
         exit_code::credentials, "layerline-agent reconnect"},
        {"unknown name", [](observations& s) { s.relay.named = attempt::missing; }, "dns", "name_unknown",
         exit_code::unreachable, "getent hosts relay.example"},
        {"no name server", [](observations& s) { s.relay.named = attempt::timed_out; }, "dns",
         "dns_timed_out", exit_code::unreachable, "resolv.conf"},
        {"firewall", [](observations& s) { s.relay.connected = attempt::timed_out; }, "connection",
         "timed_out", exit_code::unreachable, "firewall"},
        {"no network", [](observations& s) { s.relay.connected = attempt::no_route; }, "connection",
         "no_route", exit_code::unreachable, "ip route"},
        {"plain text to far", [](observations& s) { s.relay.plain_far = true; }, "connection",
         "insecure_refused", exit_code::unreachable, "https://"},
        {"no TLS there", [](observations& s) { s.relay.secured = attempt::broken; }, "tls", "no_tls",
         exit_code::unreachable, "port"},
        {"large packets lost in the handshake", [](observations& s) { s.relay.secured = attempt::timed_out; },
         "tls", "tls_timed_out", exit_code::unreachable, "MTU"},
        {"a year too early",
         [](observations& s) {
             s.agent.relay_state = "waiting";
             s.relay.secured = attempt::broken;
             s.relay.refusal = "certificate is not yet valid";
         },
         "tls", "certificate_time", exit_code::unreachable, "clock"},
        {"clock off", [](observations& s) { s.relay.health.here = noon + 3600; }, "clock", "clock_wrong",
         exit_code::unreachable, "timedatectl"},
        {"hanging relay",
         [](observations& s) { s.relay.health = {attempt::timed_out, 0, false, false, "", {}, 0}; }, "relay",
         "no_answer", exit_code::unreachable, "restart"},
        {"captive portal",
         [](observations& s) {
             s.relay.tls = false;
             s.relay.health.ours = false;
             s.relay.health.html = true;
         },
         "relay", "captive_portal", exit_code::unreachable, "log in"},
        {"captive portal that redirects",
         [](observations& s) {
             s.relay.tls = false;
             s.relay.health.ours = false;
             s.relay.health.status = 302;
         },
         "relay", "captive_portal", exit_code::unreachable, "browser"},
        {"another site",
         [](observations& s) {
             s.relay.health.ours = false;
             s.relay.health.html = true;
         },
         "relay", "other_service", exit_code::unreachable, "/healthz"},
        {"proxy without relay",
         [](observations& s) {
             s.relay.tls = false;
             s.relay.health.ours = false;
             s.relay.health.html = true;
             s.relay.health.status = 502;
         },
         "relay", "proxy_without_service", exit_code::unreachable, "Start the service"},
        {"large requests lost",
         [](observations& s) { s.relay.large = {attempt::timed_out, 0, false, false, "", {}, 0}; }, "size",
         "large_lost", exit_code::unreachable, "MTU"},
        {"large requests refused",
         [](observations& s) {
             s.relay.large.ours = false;
             s.relay.large.status = 431;
         },
         "size", "large_refused", exit_code::unreachable, "large_client_header_buffers"},
        {"upgrade taken out", [](observations& s) { s.relay.upgrade.status = 426; }, "upgrade",
         "upgrade_taken_out", exit_code::unreachable, "proxy_set_header Upgrade"},
        {"upgrade forbidden", [](observations& s) { s.relay.upgrade.status = 403; }, "upgrade",
         "upgrade_refused", exit_code::unreachable, "/tunnel/v1"},
        {"upgrade lost",
         [](observations& s) { s.relay.upgrade = {attempt::timed_out, 0, false, false, "", {}, 0}; },
         "upgrade", "upgrade_lost", exit_code::unreachable, "wss://"},
        {"agent's token", [](observations& s) { s.credentials.status = 401; }, "credentials", "token_unknown",
         exit_code::credentials, "layerline-agent token create"},
        {"no scope", [](observations& s) { s.credentials.status = 403; }, "credentials", "scope_missing",
         exit_code::credentials, "scope"},
        {"unknown token", [](observations& s) { s.credentials.status = 606; }, "credentials", "token_unknown",
         exit_code::credentials, "layerline-relay token create"},
        {"revoked token", [](observations& s) { s.credentials.status = 604; }, "credentials", "token_dead",
         exit_code::credentials, "new one"},
        {"another printer's token", [](observations& s) { s.credentials.status = 603; }, "credentials",
         "printer_unknown", exit_code::credentials, "layerline-agent status"},
        {"agent away", [](observations& s) { s.credentials.status = 601; }, "credentials", "agent_offline",
         exit_code::printer_away, "agent's machine"},
        {"printer away", [](observations& s) { s.credentials.status = 785; }, "credentials", "printer_away",
         exit_code::printer_away, "agent's machine"},
        {"something new", [](observations& s) { s.credentials.status = 799; }, "credentials", "failed",
         exit_code::failed, "docs/errors.md"},
        {"no answer to the token", [](observations& s) { s.credentials.got = attempt::not_made; },
         "credentials", "no_answer", exit_code::unreachable, "log"},
    };
    return rows;
}

} // namespace

TEST_CASE("where all is well the doctor finds nothing, and says of each hop that it was looked at")
{
    const auto all = diagnose(all_well());
    CHECK(exit_of(all) == exit_code::done);
    for (const auto& one : all)
        CHECK(one.how == health::good);
    for (const char* hop : {"print-host", "printer", "agent", "lan", "tunnel", "dns", "connection", "tls",
                            "clock", "relay", "size", "upgrade", "credentials"})
        CHECK(std::any_of(all.begin(), all.end(), [&](const finding& f) { return f.hop == hop; }));
}

TEST_CASE("each broken hop is named with its cause and its remedy, and with an exit code of its own")
{
    for (const auto& row : faults()) {
        INFO(row.what);
        auto seen = all_well();
        row.break_it(seen);
        const auto all = diagnose(seen);
        const auto* wrong = first_bad(all);
        REQUIRE(wrong != nullptr);
        CHECK(wrong->hop == row.hop);
        CHECK(wrong->name == row.name);
        CHECK(wrong->code == row.code);
        CHECK(exit_of(all) == row.code);
        CHECK(wrong->remedy.find(row.in_remedy) != std::string::npos);
        CHECK(wrong->text.size() > 10);
    }
}

TEST_CASE("nothing is said of a hop that stands behind a broken one")
{
    auto seen = all_well();
    seen.relay.connected = attempt::refused;
    const auto all = diagnose(seen);
    for (const char* hop : {"tls", "relay", "upgrade"})
        CHECK(std::none_of(all.begin(), all.end(), [&](const finding& f) { return f.hop == hop; }));
}

TEST_CASE("an authority that only the agent knows is no fault while its tunnel stands")
{
    auto seen = all_well();
    seen.relay.secured = attempt::broken;
    seen.relay.refusal = "self-signed certificate";
    const auto all = diagnose(seen);
    CHECK(exit_of(all) == exit_code::done);
    const auto found = std::find_if(all.begin(), all.end(), [](const finding& f) { return f.hop == "tls"; });
    REQUIRE(found != all.end());
    CHECK(found->how == health::warning);
    CHECK(found->remedy.find("--ca-file") != std::string::npos);
    seen.agent.relay_state = "waiting";
    CHECK(exit_of(diagnose(seen)) == exit_code::unreachable);
}

TEST_CASE("a clock that is a little off, a job that failed and a token that is not given are no faults")
{
    auto seen = all_well();
    seen.relay.health.here = noon - 90;
    seen.print_host.phase = "error";
    seen.credentials.token_given = false;
    const auto all = diagnose(seen);
    CHECK(exit_of(all) == exit_code::done);
    CHECK(std::count_if(all.begin(), all.end(), [](const finding& f) { return f.how == health::warning; }) ==
          2);
    CHECK(std::count_if(all.begin(), all.end(), [](const finding& f) { return f.how == health::skipped; }) ==
          1);
}

TEST_CASE("the report names the first thing to mend, and a printer's words cannot drive the terminal")
{
    auto seen = all_well();
    seen.print_host.phase = "offline";
    seen.print_host.problem = "silent";
    seen.print_host.reason = "odd \x1b[2J words.";
    const auto all = diagnose(seen);
    const auto words = doctor_words(all);
    CHECK(words.find("The first thing to mend is the printer (silent).") != std::string::npos);
    CHECK(words.find('\x1b') == std::string::npos);
    CHECK(words.find("words.\n") != std::string::npos);
    const auto report = nlohmann::json::parse(doctor_json(all));
    CHECK_FALSE(report["Healthy"].get<bool>());
    CHECK(report["ExitCode"] == 5);
    CHECK(report["Findings"][1]["Name"] == "silent");
    CHECK(report["Findings"][1]["State"] == "failed");
    CHECK(report["Findings"][0]["Remedy"].is_null());
}

TEST_CASE("dates of HTTP are read, and nothing else")
{
    CHECK(http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
    CHECK(http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK(http_date("Tue, 29 Feb 2000 23:59:59 GMT") == 951868799);
    for (const char* odd : {"", "now", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nob 1994 08:49:37 GMT",
                            "Sun, 06 ovD 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                            "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"})
        CHECK_FALSE(http_date(odd).has_value());
}
