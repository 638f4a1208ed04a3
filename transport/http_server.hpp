// The HTTP/1.1 edge: accepts on TCP (with or without TLS) or on a unix socket and hands exchanges to a
// service.
#pragma once

#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace layerline::transport {

struct http_limits {
    std::size_t max_header_bytes = 16UL * 1024; // past it: 431, and the connection closes
    std::size_t max_target_bytes = 8UL * 1024;  // past it: 414
    std::size_t max_connections = 256;          // past it: 503 with retry-after, and the connection closes
    std::size_t max_per_address = 0;            // of them; past it: 429 with retry-after; 0: no such limit
    std::chrono::seconds head_timeout{15};      // to read one head
    std::chrono::seconds idle_timeout{75};      // between requests of one connection
    std::chrono::seconds body_stall{60};        // between two bytes of a body, either way
};

struct tls_files {
    std::filesystem::path certificate_chain, private_key;
}; // PEM

struct listen_options {
    std::string address = "127.0.0.1"; // numeric; ignored with unix_path
    std::uint16_t port = 0;            // 0: any free one, see http_server::port()
    std::filesystem::path unix_path;   // if set: a unix socket, mode 0600, an older socket file is replaced
    std::optional<tls_files> tls;
    edge via = edge::lan; // what exchanges of this edge say they came by
    // Takes x-layerline-principal and the like from callers: only for a unix socket that programs of ours
    // ask.
    bool principals = false;
    http_limits limits;
};

class http_server {
public:
    virtual ~http_server() = default;
    // Accepts until stop().
    virtual task<void> run() = 0;
    // Takes no more connections; open exchanges have `grace` to end, then they are cut.
    virtual void stop(std::chrono::milliseconds grace) = 0;
    virtual std::uint16_t port() const = 0;
    // Those that exchanges of this server have; not the WebSockets whose handler has ended, which take a
    // place of max_connections nevertheless.
    virtual std::size_t connections() const = 0;
};

// Binds and listens now, so that the port is known. When the process runs out of descriptors, callers are
// told so at once (503 with retry-after) by descriptors that are kept for that (transport/doorkeeper.hpp).
// Malformed requests are answered 400 here, a request with both content-length and transfer-encoding is
// refused, x-request-id is added to every answer (taken over if it is 1-64 of [A-Za-z0-9_-], else made new),
// request headers x-layerline-principal and x-layerline-scopes are stripped, and with them every
// x-layerline-… that is no request option (transport/edge_fields.cpp). `answers` has to live until run() has
// ended. A caller that goes away cancels its handler: at once by a reset or when it leaves a stream, 2 s
// after the end of its sending when no answer has begun, and not at all while an answer with a content-length
// is under way (a half-closed caller still gets it).
result<std::unique_ptr<http_server>> listen_http(net::io_context& context, listen_options options,
                                                 service& answers);

} // namespace layerline::transport
