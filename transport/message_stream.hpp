// A WebSocket seen as a stream of binary messages: what the tunnel runs over, at either end, with or without
// TLS.
#pragma once

#include "transport/net.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace layerline::transport {

class message_stream {
public:
    virtual ~message_stream() = default;
    // One whole binary message, at most `limit` bytes (errc::too_large past it); a text message is
    // errc::malformed and closes the stream with WebSocket code 1003.
    virtual task<result<std::string>> read_message(std::size_t limit) = 0;
    // Some bytes of the current or next binary message: message borders do not matter to HTTP/2 frames.
    virtual task<result<std::size_t>> read_some(net::mutable_buffer into) = 0;
    // One binary message. One write at a time.
    virtual task<result<void>> write_message(net::const_buffer bytes) = 0;
    // WebSocket close with a code and a reason of at most 120 bytes, then the connection's end; at most 2 s.
    virtual task<void> close(std::uint16_t code, std::string reason) = 0;
    // Ends the connection at once.
    virtual void abort() = 0;
    // The TLS exporter value (RFC 5705, label "EXPORTER-layerline-tunnel", 32 bytes); none without TLS.
    virtual std::optional<std::array<unsigned char, 32>> channel_binding() = 0;
    virtual std::string peer() const = 0;
};

} // namespace layerline::transport
