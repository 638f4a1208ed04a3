// What the commands need of the agent beside its printer, files and cameras: its own log, and the API of the
// program that drives the printer.
#pragma once

#include "commands/host_call.hpp"
#include "printer/printer_error.hpp"
#include "transport/net.hpp"

#include <cstddef>
#include <string>

namespace layerline::commands {

// The agent's own log, as far as it is kept in memory. It holds no secrets: none are ever logged.
class log_source {
public:
    virtual ~log_source() = default;
    // At most `most` of the newest lines, each with its newline; the oldest first.
    virtual std::string newest(std::size_t most) const = 0;
};

// The HTTP API of the program that drives the printer, such as Moonraker.
class host_api {
public:
    virtual ~host_api() = default;
    virtual transport::task<printer::printer_result<host_answer>> ask(host_request what) = 0;
};

} // namespace layerline::commands
