// Which printer the agent has: a print host on this machine and files beside it, or a Klipper behind
// Moonraker with the files that Klipper reads.
#pragma once

#include "agent/agent_process.hpp"
#include "commands/agent_parts.hpp"
#include "commands/disk_threads.hpp"
#include "commands/file_store.hpp"
#include "commands/upload_shelf.hpp"
#include "printer/printer_link.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace layerline::agent {

struct chosen_printer {
    std::unique_ptr<commands::file_store> files; // outlives the link
    std::unique_ptr<printer::printer_link> link;
    std::unique_ptr<commands::upload_shelf> shelf;      // of uploads in parts
    std::shared_ptr<commands::disk_threads> disk;       // one thread for the agent's own small files
    std::unique_ptr<commands::host_api> host = nullptr; // of the program that drives the printer; null: none
};

// As the owner chose (`printer.link`). Makes the folders that are needed; connects to nothing yet. A failure
// says which key, folder or file is wrong.
printer::printer_result<chosen_printer> choose_printer(transport::net::io_context& context,
                                                       const run_options& options);

} // namespace layerline::agent
