// Where a request to the relay goes: pure, from the target alone.
#pragma once

#include "access/scope.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace layerline::relay {

struct to_health {};
struct to_tunnel_door {}; // an agent that wants to hold a tunnel
struct to_printer {
    std::string agent_id; // as written: 26 characters of a-z and 2-7, or it is not a printer
    std::string target;   // what the agent sees: path and query, begins with "/"
    access::scope needed; // the least scope; the agent checks each command's own again
};
struct to_nowhere {};
using route = std::variant<to_health, to_tunnel_door, to_printer, to_nowhere>;

// `target` is in origin form. Path mode: /printers/<agent id>/<path the agent has reserved>.
route route_of(std::string_view target);

} // namespace layerline::relay
