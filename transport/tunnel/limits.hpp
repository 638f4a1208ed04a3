// The bounds of one tunnel, the same type for both ends. No Asio here: the pure parts need them too.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace layerline::transport {

struct tunnel_limits {
    std::size_t max_header_bytes = std::size_t{64} * 1024; // a head, both ways
    std::uint32_t max_streams = 256;                       // open at once
    std::uint32_t stream_window = 256 * 1024;              // bytes a reader may cost that stalls at once
    std::uint32_t stream_window_most = 4 * 1024 * 1024;    // of a long download over a long way
    std::uint32_t connection_window = 16 * 1024 * 1024;    // also what all windows may grow by together
    std::size_t message_bytes = std::size_t{256} * 1024; // frames are gathered into messages of at most this
    std::chrono::milliseconds ping_every{5000};          // HTTP/2 PING; both ends send
    std::chrono::milliseconds ping_timeout{10000};       // no byte for this long: errc::keep_alive_lost
};

} // namespace layerline::transport
