// The local web pages that may be shown through the tunnel: the allow-list of agent.toml, taken apart. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::agent {

struct ui_target {
    std::string name; // for logs and errors: 1-32 of a-z, 0-9 and "-"
    bool tls = false;
    std::string host; // a name or a numeric address, without brackets, lower case
    std::uint16_t port = 0;
    std::string host_field;   // as the Host field wants it: without the scheme's own port
    std::string base = "/";   // what of the target is shown; begins and ends with "/"
    std::string prefix = "/"; // where it is shown; begins and ends with "/"; "/" takes what no other does
    bool tell_caller = true;  // X-Forwarded-For says whose request it is
    std::filesystem::path ca_file; // PEM, of an https:// target; empty: the system's store
    bool operator==(const ui_target&) const = default;
};

// "http://127.0.0.1:7125/server/" as scheme, host, port and base; nothing else in it, and https:// with
// numeric hosts only. Else what is wrong
// ("must …").
std::variant<ui_target, std::string> parse_ui_url(std::string_view text);

// "/", "/webcam/": plain segments between slashes, no dot segments, at most 128 bytes.
bool is_ui_path(std::string_view path);
bool is_ui_name(std::string_view name);

// What is wrong with the list as a whole, or nothing: two targets of one name or one prefix.
std::string ui_list_fault(const std::vector<ui_target>& all);

// Whether a target may be at this numeric address. Link-local addresses (where clouds keep their
// credentials), multicast, broadcast and the unspecified address are refused, also inside of IPv6.
bool ui_address_allowed(const std::string& numeric);

} // namespace layerline::agent
