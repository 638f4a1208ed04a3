// Where a request to the relay goes: pure, from its target and its host.
#pragma once

#include "access/scope.hpp"
#include "relay/host_mode.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::relay {

struct to_health {};
struct to_tunnel_door {}; // an agent that wants to hold a tunnel
struct to_printer {
    std::string agent_id; // as written: 26 characters of a-z and 2-7, or it is not a printer
    std::string target;   // what the agent sees: path and query, begins with "/"
    access::scope needed = access::scope::view; // the least scope; the agent checks each command's own again
    // Host mode: the printer's label, in place of its id; and what the caller's address bar shows.
    std::string label = {};
    std::optional<public_host> place = {};
    bool ui = false;       // to a local UI, and not to a command
    bool workshop = false; // not to a printer, but to the workshop beside the relay
};
struct to_nowhere {};
using route = std::variant<to_health, to_tunnel_door, to_printer, to_nowhere>;

// `target` is in origin form. Path mode: /printers/<agent id>/<path the agent has reserved>, and /workshop/
// for the workshop beside the relay.
route route_of(std::string_view target);
// The same with host mode: whatever comes to a printer's host goes to its local UI, but for the two command
// prefixes, which are what they are in path mode.
route route_of(std::string_view target, std::string_view host_field, const host_mode_settings& settings);

// Whether the agent's answer to this is a camera's stream, which goes on until somebody ends it.
bool is_camera_stream(const to_printer& where);

} // namespace layerline::relay
