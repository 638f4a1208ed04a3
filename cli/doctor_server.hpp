// Looks at one server by its URL, step by step, so that the step which fails is known.
#pragma once

#include "cli/doctor.hpp"
#include "cli/settings.hpp"
#include "transport/net.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace layerline::cli {

// http, https, ws or wss. `tunnel_door`: it is a relay, and is asked for a WebSocket too. Of `trust` the CA
// file and the leave for plain text count. Each step takes at most 5 s.
transport::task<server_seen> look_at_server(transport::net::io_context& context, std::string url,
                                            settings trust, bool tunnel_door);

} // namespace layerline::cli
