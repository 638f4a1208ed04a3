// relay.toml: what an owner may set, with its defaults. Parsing is pure; unknown keys are errors with a line
// number.
#pragma once

#include "observe/exposition.hpp"
#include "relay/host_mode.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::relay {

// Which requests get a line in the log.
enum class logged_requests : std::uint8_t { all, failures, none };

struct configuration {
    std::string minimum_agent_version; // "1.2.3"; requests for older agents: 610; empty: any will do
    // [listen]
    std::string address = "127.0.0.1"; // numeric; "0.0.0.0" or "::" to be reached from elsewhere
    std::uint16_t port = 8480;         // 0: any free one, told on start
    std::filesystem::path certificate; // PEM chain; both or neither
    std::filesystem::path private_key;
    std::vector<std::string> names; // host names agents may have dialled; empty: any
    // [host_mode]
    host_mode_settings host_mode;
    // [limits]
    std::uint32_t max_connections = 1024;
    std::uint32_t connections_per_address = 0; // of them, tunnels counted; 0: no such limit
    std::uint32_t streams_per_token = 64;      // requests under way at once
    std::uint32_t streams_per_address = 256;
    std::uint32_t camera_streams_per_token = 8;        // of each printer
    std::uint32_t requests_per_minute = 600;           // for each token
    std::uint32_t requests_per_minute_per_address = 0; // 0: four times a token's
    std::uint32_t max_header_kb = 16;
    std::uint64_t max_rate_kb_s = 0; // bodies both ways, for each token; faster ones are slowed; 0: any
    std::uint64_t max_rate_kb_s_per_address = 0;
    std::uint64_t max_upload_mb = 512;
    std::uint64_t max_download_mb = 4096;
    std::uint32_t answer_timeout_s = 30; // an agent that shows no progress for this long: 602
    // [workshop]
    std::filesystem::path workshop_socket; // empty: there is none
    // [metrics]
    observe::metrics_place metrics{"127.0.0.1", 9480};
    // [log]
    logged_requests log_requests = logged_requests::all;
};

struct configuration_fault {
    std::string text; // "relay.toml:12: unknown key listen.prot", a line for each
};

// `name` stands for the file in messages.
std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml,
                                                                     std::string_view name);
// A missing file gives the defaults if `may_be_missing`.
std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing);

} // namespace layerline::relay
