// workshop.toml: what an owner may set, with its defaults. Parsing is pure; unknown keys are errors with a
// line number.
#pragma once

#include "observe/exposition.hpp"
#include "workshop/service/print_state.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::workshop {

struct configuration {
    // [listen]
    std::string address = "127.0.0.1"; // numeric; "" for none: the unix socket alone
    std::uint16_t port = 8482;         // 0: any free one, told on start
    std::filesystem::path socket;      // a unix socket; empty: workshop.sock in the state's folder
    // [metrics]
    observe::metrics_place metrics{"127.0.0.1", 9482};
    // [callbacks]
    bool callbacks_local = false; // may go to loopback and private addresses
    // [limits]
    std::uint32_t max_connections = 128;
    std::uint32_t max_upload_mb = 512;
    std::uint32_t max_chunk_mb = 16;
    std::uint32_t open_uploads = 32;     // in chunks, of one owner
    std::uint32_t uploads_per_month = 0; // of one owner; more are refused: 61; 0: any
    // [jobs]
    std::uint32_t at_once = 1;                      // processes beside each other
    std::uint32_t waiting = 200;                    // more are refused: 11
    std::uint32_t time_s = 600;                     // of one; then 72
    std::uint32_t cpu_s = 1200;                     // of all its threads together; then 72
    std::uint32_t memory_mb = 2048;                 // of one
    std::uint32_t output_mb = 1024;                 // of each file that it writes
    std::uint32_t kept_hours = 24;                  // files and results
    std::uint32_t free_memory_mb = 64;              // must be left when one is accepted; else 11
    while_printing printing = while_printing::wait; // what a print on this host leaves to operations
    // Control sockets of the agents on this host that are asked whether they print.
    std::vector<std::filesystem::path> agents{"/var/lib/layerline/agent/control.sock"};
    // [slicing]
    std::string engine = "/usr/bin/prusa-slicer"; // its program
    std::uint32_t cache_mb = 1024;                // of results that are kept for the same request; 0: none
    std::filesystem::path profiles;               // a folder of further profiles, NAME.toml; empty: none
    // [buckets]: folders that slice requests may name for models and results, by name
    std::map<std::string, std::filesystem::path, std::less<>> buckets;
};

struct configuration_fault {
    std::string text; // "workshop.toml:12: unknown key listen.prot"
};

// `name` stands for the file in messages.
std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml,
                                                                     std::string_view name);
// A missing file gives the defaults if `may_be_missing`.
std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing);

} // namespace layerline::workshop
