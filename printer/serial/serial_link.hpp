// The link to a printer on a serial port: over the unix socket of its print host.
#pragma once

#include "printer/printer_link.hpp"
#include "printer/serial/link_desk.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace layerline::printer::serial {

// Reconnects by itself for as long as run() runs. While the print host is away the state is phase::offline
// with away = host_gone (port_forbidden if the socket's mode keeps us out), the last values kept with their
// age. perform() ends within the terms' time left (settings.answer_within without one) and sends at most
// once.
std::unique_ptr<printer_link> make_serial_link(transport::net::io_context& context, link_settings settings);

} // namespace layerline::printer::serial
