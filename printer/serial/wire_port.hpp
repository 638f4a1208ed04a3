// The real port behind the wire's thread.
#pragma once

#include "printer/serial/confined_file.hpp"
#include "printer/serial/wire_thread.hpp"

namespace layerline::printer::serial {

// Opens a serial port or a pty by its name. The failure is port_gone, port_held or port_forbidden.
printer_result<std::unique_ptr<wire_port>> open_wire_port(const std::string& path, unsigned baud);
// The descriptor that a predecessor left open, if it is of that port still.
printer_result<std::unique_ptr<wire_port>> adopt_wire_port(owned_fd left, const std::string& path,
                                                           unsigned baud);

} // namespace layerline::printer::serial
