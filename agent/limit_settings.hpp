// The [limits], [metrics] and request log keys of agent.toml.
#pragma once

#include "settings/settings_reader.hpp"

#include <cstdint>
#include <string>

namespace layerline::agent {

struct limit_settings {
    // [limits]
    std::uint64_t max_connections = 256;        // on the LAN, open at once; fewer where descriptors are short
    std::uint64_t connections_per_address = 64; // of them; 0: no such limit
    std::uint64_t streams_per_token = 32;       // requests under way at once, emergency stops not counted
    std::uint64_t requests_per_minute = 1200;   // for each token and for each of the relay's principals
    std::uint64_t max_header_kb = 16;
    // [metrics]
    std::string metrics_address = "127.0.0.1"; // empty: off
    std::uint16_t metrics_port = 9481;
    // [log]
    std::string log_requests = "all"; // or "failures", "none"
};

void read_limits(settings::settings_reader& reader, limit_settings& into);

} // namespace layerline::agent
