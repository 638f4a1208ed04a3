// The way to a server: name, connection, TLS, clock, who answers, large requests, WebSockets.
#include "cli/doctor_findings.hpp"

#include <cstdlib>

namespace layerline::cli {

namespace {

bool judge_way(all_findings& into, const server_seen& seen)
{
    if (seen.plain_far) {
        bad(into, "connection", "insecure_refused", exit_code::unreachable,
            seen.url + " is not encrypted and leads to another machine.",
            "Use https:// or wss://; or, where you trust the network, --allow-insecure.");
        return false;
    }
    if (seen.named == attempt::timed_out || seen.named == attempt::missing || seen.named == attempt::broken) {
        const bool late = seen.named == attempt::timed_out;
        bad(into, "dns", late ? "dns_timed_out" : "name_unknown", exit_code::unreachable,
            "The name " + seen.host + (late ? " was not looked up in time." : " is not known here."),
            late ? "Check this machine's network and its name server (/etc/resolv.conf)."
                 : "Check the spelling; compare with `getent hosts " + seen.host +
                       "` here and on another network, and the server in /etc/resolv.conf.");
        return false;
    }
    if (seen.named == attempt::done) good(into, "dns", seen.host + " has an address.");
    switch (seen.connected) {
    case attempt::done:
        good(into, "connection", "A connection to " + seen.url + " can be made.");
        break;
    case attempt::refused:
        bad(into, "connection", "refused", exit_code::unreachable, seen.url + " refuses connections.",
            "Check the port, and that the service runs there; a firewall may refuse for it.");
        return false;
    case attempt::no_route:
        bad(into, "connection", "no_route", exit_code::unreachable,
            "There is no way to " + seen.host + " from here.",
            "Check this machine's network: cable or Wi-Fi, address, default route (`ip route`).");
        return false;
    case attempt::not_made:
        return false;
    default:
        bad(into, "connection", "timed_out", exit_code::unreachable, seen.url + " does not answer at all.",
            "A firewall drops the packets, or the address is an old one: check both, and that the server is "
            "on.");
        return false;
    }
    return true;
}

std::string off_by(std::int64_t seconds)
{
    const auto most = std::llabs(seconds);
    if (most >= 2LL * 86400) return std::to_string(most / 86400) + " days";
    if (most >= 2LL * 3600) return std::to_string(most / 3600) + " hours";
    return most >= 120 ? std::to_string(most / 60) + " minutes" : std::to_string(most) + " seconds";
}

constexpr std::int64_t much = 300, a_little = 60; // seconds

// TLS takes no certificate that is not of this time; nothing else depends on two clocks.
bool judge_tls(all_findings& into, const server_seen& seen, bool agent_connected)
{
    if (!seen.tls) return true;
    if (seen.secured == attempt::done) {
        good(into, "tls", "The certificate of " + seen.host + " is trusted.");
        return true;
    }
    if (seen.refusal.empty()) {
        const bool late = seen.secured == attempt::timed_out;
        bad(into, "tls", late ? "tls_timed_out" : "no_tls", exit_code::unreachable,
            late ? "The TLS handshake with " + seen.url + " does not end."
                 : "No TLS is spoken at " + seen.url +
                       ", or no version that this program takes (1.2 at least).",
            late ? "Small packets pass and large ones do not: lower the MTU (`ip link set dev DEVICE mtu "
                   "1400`), and "
                   "let ICMP through the firewall."
                 : "Check the port, and that the server has a certificate; without one the URL begins with "
                   "http:// or "
                   "ws://.");
        return false;
    }
    if (agent_connected) {
        warn(into, "tls", "authority_unknown",
             "This command does not trust the certificate of " + seen.host + " (" + seen.refusal +
                 "); the agent does, and is connected.",
             "Name the relay's authority with --ca-file to look further.");
        return false;
    }
    const bool of_time = seen.refusal.find("not yet valid") != std::string::npos ||
                         seen.refusal.find("expired") != std::string::npos;
    bad(into, "tls", of_time ? "certificate_time" : "certificate_refused", exit_code::unreachable,
        "The certificate of " + seen.host + " is refused: " + seen.refusal + ".",
        of_time ? "Check this machine's clock first (`date`; it starts years off where there is no battery: "
                  "`timedatectl "
                  "set-ntp true`). If it is right, renew the certificate at the server."
                : "If the relay's certificate is its owner's own, name its authority: relay.ca_file in "
                  "agent.toml, "
                  "--ca-file here. If you expected a public one, somebody in between (a network's login "
                  "page, or worse) shows another: do not "
                  "go on.");
    return false;
}

void judge_clock(all_findings& into, const answer_seen& seen)
{
    if (!seen.date) return;
    const auto apart = seen.here - *seen.date;
    const auto text =
        "This machine's clock is " + off_by(apart) + (apart < 0 ? " behind" : " ahead of") + " the server's.";
    if (std::llabs(apart) >= much)
        bad(into, "clock", "clock_wrong", exit_code::unreachable, text,
            "Set it: `timedatectl set-ntp true`. Certificates and the expiry of tokens depend on it.");
    else if (std::llabs(apart) >= a_little)
        warn(into, "clock", "clock_off", text, "Switch on its synchronisation: `timedatectl set-ntp true`.");
    else
        good(into, "clock", "This machine's clock agrees with the server's.");
}

bool judge_answer(all_findings& into, const server_seen& seen, const char* hop)
{
    const auto& got = seen.health;
    if (got.got == attempt::done && got.ours) {
        good(into, hop, "It is the right service that answers.");
        return true;
    }
    if (got.got != attempt::done) {
        bad(into, hop, "no_answer", exit_code::unreachable,
            seen.url + " takes the connection and does not answer.",
            "The service hangs, or another one listens on that port. Look at its log, then restart it.");
        return false;
    }
    const auto who = got.server.empty() ? std::string() : " (" + got.server + ")";
    const bool portal = got.html || got.status == 511 || (got.status >= 300 && got.status < 400);
    const auto status = "HTTP " + std::to_string(got.status);
    if (got.status == 502 || got.status == 503 || got.status == 504)
        bad(into, hop, "proxy_without_service", exit_code::unreachable,
            "A proxy answers" + who + ", and the service behind it does not: " + status + ".",
            "Start the service, and check the address that the proxy passes requests to.");
    else if (portal && !seen.tls)
        bad(into, hop, "captive_portal", exit_code::unreachable,
            "A web page answers in place of the service" + who + ", with " + status + ".",
            "This network wants you to log in: open any http:// page in a browser on it. If there is no such "
            "login, another server has that address or port.");
    else
        bad(into, hop, "other_service", exit_code::unreachable,
            "Something else answers at " + seen.url + who + ": " + status +
                (got.html ? ", a web page." : "."),
            "Check the URL, its port, and a proxy's rules: /healthz must reach Layerline.");
    return false;
}

void judge_large(all_findings& into, const server_seen& seen)
{
    const auto& got = seen.large;
    if (got.got == attempt::not_made) return;
    if (got.got == attempt::done && got.ours) return good(into, "size", "Large requests pass.");
    if (got.got == attempt::done)
        return bad(into, "size", "large_refused", exit_code::unreachable,
                   "A request with 12 KiB of fields is refused with HTTP " + std::to_string(got.status) + ".",
                   "Raise the proxy's limit on header fields (nginx: large_client_header_buffers 4 32k).");
    bad(into, "size", "large_lost", exit_code::unreachable,
        "Small requests are answered and large ones are not.",
        "Packets over some size are lost on the way: lower the MTU (`ip link set dev DEVICE mtu 1400`), and "
        "let ICMP "
        "\"fragmentation needed\" through the firewalls.");
}

void judge_upgrade(all_findings& into, const server_seen& seen)
{
    const auto& got = seen.upgrade;
    if (got.got == attempt::not_made) return;
    if (got.got == attempt::done && got.status == 101) return good(into, "upgrade", "WebSockets pass.");
    if (got.got != attempt::done)
        return bad(into, "upgrade", "upgrade_lost", exit_code::unreachable,
                   "The request for a WebSocket gets no answer; others do.",
                   "Something in between drops WebSockets: use wss:// with a certificate of its own, or "
                   "another port.");
    const bool taken_out = got.status == 426 || got.status == 400;
    bad(into, "upgrade", taken_out ? "upgrade_taken_out" : "upgrade_refused", exit_code::unreachable,
        "The WebSocket is refused with HTTP " + std::to_string(got.status) + ".",
        taken_out
            ? "A proxy takes the Upgrade field out. nginx: proxy_http_version 1.1; proxy_set_header Upgrade "
              "$http_upgrade; proxy_set_header Connection \"upgrade\"."
            : "A proxy does not pass /tunnel/v1 on, or forbids it: look at its rules.");
}

} // namespace

void judge_server(all_findings& into, const server_seen& seen, const char* hop, bool agent_connected)
{
    if (seen.url.empty() || !judge_way(into, seen) || !judge_tls(into, seen, agent_connected)) return;
    if (!judge_answer(into, seen, hop)) return;
    judge_clock(into, seen.health);
    judge_large(into, seen);
    judge_upgrade(into, seen);
}

} // namespace layerline::cli
