// By which address this machine is reached from its own network.
#pragma once

#include <span>
#include <string>

namespace layerline::agent {

struct interface_address {
    std::string address; // numeric, without a zone
    bool loopback = false, link_local = false, up = true;
};

// What others reach who listens on `listening`: that address; for a wildcard the machine's first one that is
// up and no loopback, one of IPv4 before one of IPv6 (0.0.0.0: only IPv4). Empty: nobody else reaches it.
// Pure.
std::string reached_at(const std::string& listening, std::span<const interface_address> all);

// The machine's addresses now.
std::string reached_at(const std::string& listening);

} // namespace layerline::agent
