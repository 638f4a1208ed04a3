// A WebSocket's messages as values. No Asio here: the frames' own code needs them too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace layerline::transport {

enum class message_kind : std::uint8_t { binary, text };

// Some bytes of a message; `last` with the end of it (an empty message is one part of no bytes).
struct message_part {
    std::size_t bytes = 0;
    message_kind kind = message_kind::binary;
    bool last = false;
};

// How the far end closed. A close without a code counts as 1005 (RFC 6455 section 7.1.5).
struct close_words {
    std::uint16_t code = 1005;
    std::string reason;
};

} // namespace layerline::transport
