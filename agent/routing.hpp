// Where a request goes: a pure table from its target.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

enum class destination : std::uint8_t {
    health,       // /healthz: no token, no details
    command,      // /plugin-api/v1/<command>
    seed_command, // /octoeverywhere-command-api/<command>
    slicer,       // /api/<path>: what slicers call of OctoPrint's API
    workshop,     // /workshop/<path>: the workshop's Model API
    nowhere,
};

inline constexpr std::string_view workshop_prefix = "/workshop/";

struct route {
    destination to = destination::nowhere;
    std::string command; // of commands and of slicers: what follows the prefix, without the query
};

// `target` in origin form. Nothing is decoded: "/plugin-api/v1/%2e%2e/x" is a command of that odd name.
route route_of(std::string_view target);

// The target as a log may show it: without its query (it may hold anything), without control characters, at
// most 200 bytes.
std::string loggable(std::string_view target);
// A sentence with others' words in it (file names, firmware text): control characters are shown as '?'.
std::string loggable_sentence(std::string text);

// Whom a request through the tunnel is for, as the relay says. Nothing if the headers are missing or not of
// their form: a principal is 1-128 printable ASCII characters, the scopes are known names.
struct relayed_principal {
    std::string id;
    std::string scopes; // as access::parse_scopes reads them
    std::string name;   // as its owner called it; may be empty
};
// `name` comes as base64url of 1-64 printable characters; anything else is no name.
std::optional<relayed_principal> relayed(std::optional<std::string_view> principal,
                                         std::optional<std::string_view> scopes,
                                         std::optional<std::string_view> name = {});

} // namespace layerline::agent
