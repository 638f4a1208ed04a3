// What the doctor makes of what was seen: pure. Observations of every hop in, findings with cause and remedy
// out.
#pragma once

#include "cli/exit_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::cli {

// How far one attempt came.
enum class attempt : std::uint8_t {
    not_made,  // nothing to try, or an earlier step failed
    done,      // it worked
    missing,   // no such name, no such socket
    refused,   // somebody said no: connection refused
    forbidden, // this user may not
    timed_out, // nobody said anything
    no_route,  // the network is down or has no way there
    broken,    // it ended in the middle, or came back as something else
};

// An HTTP answer, or none.
struct answer_seen {
    attempt got = attempt::not_made;
    unsigned status = 0;
    bool ours = false;                // JSON of the form that relay or agent give
    bool html = false;                // a web page
    std::string server;               // the Server field, or where it redirects to: whoever else answered
    std::optional<std::int64_t> date; // of the Date field, Unix time
    std::int64_t here = 0;            // this machine's clock when it came, Unix time
};

// The print host's unix socket.
struct print_host_seen {
    std::string path;
    attempt reached = attempt::not_made;
    bool answered = false;              // it told the printer's state
    std::string phase, reason, problem; // of the state; `problem` is why the printer is away ("port_held")
    std::string port{}; // where the printer is: "/dev/ttyUSB0 at 250000 baud"; empty: not told
};

// The agent's control socket, and what the agent told there.
struct agent_seen {
    std::string path;
    attempt reached = attempt::not_made;
    bool answered = false;
    std::string relay_state, relay_text, relay_url, problem, pairing_code;
    std::string phase, reason; // of the printer, as the agent knows it
    std::string lan;           // base URL of its listener
};

// A server by its URL: the agent's LAN listener, or the relay.
struct server_seen {
    std::string url, host;
    bool tls = false, plain_far = false; // plain_far: http or ws to another machine without leave
    attempt named = attempt::not_made, connected = attempt::not_made, secured = attempt::not_made;
    std::string refusal; // what OpenSSL says against the certificate
    answer_seen health;  // GET /healthz
    answer_seen large;   // the same with 12 KiB of header fields
    answer_seen upgrade; // the tunnel's door, asked for a WebSocket; `done` with 101
};

// One command with the token.
struct credentials_seen {
    bool asked = false, token_given = false, through_relay = false;
    attempt got = attempt::not_made;
    unsigned status = 0; // of the envelope where there is one, else HTTP's
    std::string text;    // the envelope's Error
};

struct observations {
    print_host_seen print_host;
    agent_seen agent;
    server_seen lan, relay; // not looked at when `url` is empty
    credentials_seen credentials;
};

enum class health : std::uint8_t { good, warning, bad, skipped };
std::string_view name_of(health h);

struct finding {
    std::string
        hop; // "print-host", "printer", "agent", "tunnel", "lan", "dns", "connection", "tls", "clock", …
    std::string name; // stable, for scripts: "socket_missing", "captive_portal"
    health how = health::good;
    std::string text, remedy;
    exit_code code = exit_code::done; // what the doctor ends with if this is the first bad finding
};

// In the order of the way, from the printer outwards. A hop behind a bad one is left out or `skipped`.
std::vector<finding> diagnose(const observations& seen);

// Of the first bad finding; done without one.
exit_code exit_of(const std::vector<finding>& all);

// Seconds since 1970 of an IMF-fixdate ("Sun, 22 Nov 2026 00:01:12 GMT"); none for anything else.
std::optional<std::int64_t> http_date(std::string_view text);

} // namespace layerline::cli
