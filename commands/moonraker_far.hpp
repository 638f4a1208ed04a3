// Moonraker's HTTP API of files from the client's side: requests made and answers judged. The stores and
// uploads are built on it.
#pragma once

#include "commands/file_store.hpp"
#include "commands/moonraker_files.hpp"
#include "commands/virtual_path.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
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

inline constexpr std::size_t longest_moonraker_refusal = 64UL * 1024;

printer::printer_failure moonraker_not_understood();
// An entry of a folder, and a folder itself, as nodes.
file_node node_of(const far_file& entry, const std::string& folder);
file_node node_of_folder(const virtual_path& path);

// Used from one io_context. Every coroutine here ends before the object does.
class moonraker_far {
public:
    moonraker_far(transport::net::io_context& home, moonraker_store_options options);

    const moonraker_store_options& options() const { return options_; }
    transport::requester& client() { return *client_; }
    // Gives up the connections that are kept for later requests.
    void let_go();

    // A request's head, with the key and the deadline for an answer.
    transport::request_head head_for(std::string method, std::string target) const;
    // What it means that a request came to nothing.
    printer::printer_failure away(const transport::error_code& code) const;
    // That a file is over the limit.
    printer::printer_failure over() const;

    // A whole answer of at most `limit` bytes; a failure for any status but 2xx.
    transport::task<printer::printer_result<std::string>> ask_text(std::string method, std::string target,
                                                                   std::size_t limit);
    transport::task<printer::printer_result<far_folder>> folder_at(virtual_path at, std::size_t most);
    // The entry of that path in its folder.
    transport::task<printer::printer_result<file_node>> look_up(virtual_path path);
    // Moonraker says "Bad Request" for a missing file and "Forbidden" for a folder, as for much else: a look
    // tells which it was. Never a success.
    transport::task<printer::printer_result<void>> explained(virtual_path path, printer::printer_failure why);
    // Opens a file for reading; `path`, if given, explains a refusal.
    transport::task<printer::printer_result<opened_file>>
    open_at(std::string target, std::string name, std::uint64_t offset, std::optional<virtual_path> path);

private:
    std::shared_ptr<transport::requester> new_client() const;

    transport::net::io_context& home_;
    moonraker_store_options options_;
    std::shared_ptr<transport::requester> client_;
};

} // namespace layerline::commands
