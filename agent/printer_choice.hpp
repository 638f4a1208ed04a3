// Which printer the agent has: a print host on this machine and files beside it, or a Klipper behind
// Moonraker with the files that Klipper reads.
#pragma once

#include "agent/agent_process.hpp"
#include "commands/file_store.hpp"
#include "printer/printer_link.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace layerline::agent {

struct chosen_printer {
    std::unique_ptr<printer::printer_link> link;
    std::unique_ptr<commands::file_store> files;
};

// As the owner chose (`printer.link`). Makes the folders that are needed; connects to nothing yet. A failure
// says which key, folder or file is wrong.
printer::printer_result<chosen_printer> choose_printer(transport::net::io_context& context,
                                                       const run_options& options);

} // namespace layerline::agent
