// The real port behind the wire's thread.
#pragma once

#include "printer/serial/confined_file.hpp"
#include "printer/serial/wire_thread.hpp"

namespace layerline::printer::serial {

struct wire_port_settings {
    std::string path; // as the owner wrote it
    unsigned baud = 115200;
    std::string sys = "/sys";
    bool any_device = false; // another device than the known one may have that name
};

// Opens a serial port or a pty by its name, or where the device is now that answered there before. The
// failure is port_gone, port_held or port_forbidden.
printer_result<std::unique_ptr<wire_port>> open_wire_port(const wire_port_settings& settings,
                                                          const port_memory& known);
// The descriptor that a predecessor left open, if it is of that port still.
printer_result<std::unique_ptr<wire_port>> adopt_wire_port(owned_fd left, const wire_port_settings& settings,
                                                           const port_memory& known);

} // namespace layerline::printer::serial
