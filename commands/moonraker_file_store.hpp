// The files of a Klipper printer: where Klipper reads them, by Moonraker's HTTP API.
#pragma once

#include "commands/file_store.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace layerline::commands {

struct moonraker_store_options {
    std::string base;              // "http://127.0.0.1:7125", perhaps with a path
    std::string api_key;           // empty: none
    std::filesystem::path ca_file; // PEM; empty: the system's store
    bool allow_insecure = false;   // without encryption to another machine
    std::uint64_t max_file_bytes = std::uint64_t{1} << 30U;
    std::size_t max_nodes = 10000, max_folders = 1000; // of one listing
    std::chrono::seconds answer_within{15};            // for an answer's head
    std::chrono::seconds keep_within{300}; // from an upload's last byte: Moonraker reads the file first
    std::chrono::seconds stall{30};        // without a byte in an answer's body
};

// "gcode/a.gcode" is "a.gcode" in Moonraker's root "gcodes". Bodies are streamed, with one buffer of 64 KiB;
// an upload carries its SHA-256, so that it is kept whole or not at all. Failures: host_gone (nothing
// answers), port_forbidden (no key, or a wrong one), no_such_file, file_in_use (it is being printed),
// no_answer, refused with Moonraker's words. Used from `home`'s thread.
std::unique_ptr<file_store> make_moonraker_file_store(transport::net::io_context& home,
                                                      moonraker_store_options options);

} // namespace layerline::commands
