// A WebSocket: seen as a stream of binary messages, which is what the tunnel runs over, or as messages of
// either kind, part by part, which is what passes through the tunnel. With or without TLS, at either end.
// Pings are answered where they arrive and are not seen here.
#pragma once

#include "transport/message.hpp"
#include "transport/net.hpp"

#include <array>
#include <cstdint>
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

    // The next part of a message of either kind, of any length: nothing holds a whole message. Not to be
    // mixed with the two reads above. Text is passed as it came: whoever shows it checks that it is UTF-8.
    virtual task<result<message_part>> read_part(net::mutable_buffer into) = 0;
    // A part of a message, the kind the same for all its parts; not to be mixed with write_message() within
    // one message.
    virtual task<result<void>> write_part(message_kind kind, net::const_buffer bytes, bool last) = 0;
    // What the far end said when it closed; known once a read or a write has ended with errc::closed.
    virtual std::optional<close_words> far_close() const = 0;

    // WebSocket close with a code and a reason of at most 120 bytes, then the connection's end; at most 2 s.
    virtual task<void> close(std::uint16_t code, std::string reason) = 0;
    // Ends the connection at once.
    virtual void abort() = 0;
    // The TLS exporter value (RFC 5705, label "EXPORTER-layerline-tunnel", 32 bytes); none without TLS.
    virtual std::optional<std::array<unsigned char, 32>> channel_binding() = 0;
    virtual std::string peer() const = 0;
};

// Joins two WebSockets: messages pass both ways, part by part, at the pace of whoever reads them. When one
// side closes, the other is closed with the same words; when one breaks, the other is closed with 1011; when
// one takes no bytes for `stall`, both are aborted. Returns when both are over; says what ended it
// (errc::closed after a close in good order, errc::timed_out after a stall).
task<error_code> join_websockets(std::shared_ptr<message_stream> left, std::shared_ptr<message_stream> right,
                                 clock::duration stall = std::chrono::seconds(60));

} // namespace layerline::transport
