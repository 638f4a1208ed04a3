// The two ends of a tunnel: HTTP/2 (nghttp2) inside the binary messages of a WebSocket. The relay is the
// HTTP/2 client, the agent the server. Both run on the one io_context of their message stream.
#pragma once

#include "transport/exchange.hpp"
#include "transport/message_stream.hpp"

#include <memory>
#include <string>

namespace layerline::transport {

struct tunnel_limits {
    std::size_t max_header_bytes = 64 * 1024; // a head, both ways
    std::uint32_t max_streams = 256;          // open at once
    std::uint32_t stream_window = 256 * 1024; // bytes a stalled reader may cost
    std::uint32_t connection_window = 16 * 1024 * 1024;
    std::size_t message_bytes = 64 * 1024;         // frames are gathered into messages of at most this
    std::chrono::milliseconds ping_every{5000};    // HTTP/2 PING; both ends send
    std::chrono::milliseconds ping_timeout{10000}; // no byte for this long: errc::keep_alive_lost
};

// The relay's end.
class tunnel_client : public requester {
public:
    // Carries exchanges until the tunnel ends; says why it ended.
    virtual task<error_code> run() = 0;
    // Ends the tunnel: streams break off with `why`, the peer is told by GOAWAY and a WebSocket close.
    virtual void stop(error_code why) = 0;
    virtual std::size_t open_streams() const = 0;
};
std::shared_ptr<tunnel_client> make_tunnel_client(std::shared_ptr<message_stream> stream,
                                                  tunnel_limits limits);

// The agent's end. Each stream becomes an exchange with via = edge::tunnel.
class tunnel_server {
public:
    virtual ~tunnel_server() = default;
    virtual task<error_code> run() = 0;
    virtual void stop(error_code why) = 0;
};
std::shared_ptr<tunnel_server> make_tunnel_server(std::shared_ptr<message_stream> stream, service& answers,
                                                  tunnel_limits limits);

} // namespace layerline::transport
