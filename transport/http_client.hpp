// HTTP/1.1 and WebSocket from the client's side: for the command line, the control sockets and the tunnel's
// dialling.
#pragma once

#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace layerline::transport {

struct client_options {
    std::filesystem::path ca_file;            // PEM; empty: the system's store
    bool allow_insecure = false;              // http:// and ws:// to hosts that are not loopback
    std::chrono::seconds connect_timeout{10}; // name, TCP and TLS, and the upgrade's answer
    std::size_t max_header_bytes = 64UL * 1024;
    std::chrono::seconds body_stall{60};
};

// One base, such as "http://127.0.0.1:8481", "https://relay.example/printers/abc" (the path is put before
// each target) or "unix:/run/layerline/agent.sock". Each send() may use a connection of its own or a kept
// one. errc::insecure_refused, errc::certificate_refused, errc::unreachable as they come.
std::shared_ptr<requester> make_http_client(net::io_context& context, std::string base,
                                            client_options options);

// Dials ws:// or wss:// and upgrades; errc::upgrade_refused carries the HTTP status in `refused_status` if it
// is given.
task<result<std::shared_ptr<message_stream>>>
dial_websocket(std::string url, fields headers, client_options options, unsigned* refused_status = nullptr);

} // namespace layerline::transport
