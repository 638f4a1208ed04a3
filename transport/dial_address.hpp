// Addresses in words, taken apart. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::transport {

struct dial_address {
    std::filesystem::path unix_path; // if set, nothing else counts but `path`
    bool tls = false;
    std::string host; // a name, or an address without brackets
    std::uint16_t port = 0;
    std::string path;       // of the URL, with its query: "/x?y", never empty
    std::string host_field; // as the Host field wants it
};

// http://, https://, ws://, wss:// with an optional port and path, or "unix:" and a path. None for anything
// else, user names and fragments included.
std::optional<dial_address> parse_address(std::string_view text);

// Whether plain text may go there without leave: 127.0.0.0/8, ::1, and the name localhost (whose addresses
// are checked again when it is resolved).
bool is_this_host(std::string_view host);

} // namespace layerline::transport
