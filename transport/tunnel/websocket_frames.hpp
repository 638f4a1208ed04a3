// WebSocket frames (RFC 6455 section 5) without I/O: heads written, and bytes taken apart wherever they were
// cut. Payload is handed on as it comes; only a control frame's 125 bytes are ever held.
#pragma once

#include "transport/message.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::transport {

enum class frame_kind : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

using frame_mask = std::array<unsigned char, 4>;

// The bytes before a payload of `size`; a client gives a mask and applies it to the payload.
std::string frame_head(frame_kind kind, bool last, std::uint64_t size, std::optional<frame_mask> mask);
// Masks or unmasks; `offset` is the place of the first byte in its payload.
void apply_mask(std::span<char> bytes, const frame_mask& mask, std::uint64_t offset);
// A whole control frame; its payload is cut at 125 bytes.
std::string control_frame(frame_kind kind, std::string_view payload, std::optional<frame_mask> mask);
// The payload of a close frame; none of it for 1005, which is never sent. `reason` is cut at 120 bytes.
std::string close_payload(const close_words& words);

class frame_reader {
public:
    struct more_needed {};
    struct ping {
        std::string payload;
    };
    using found = std::variant<more_needed, message_part, ping, close_words>;

    // `masked`: whether the frames that come in have to be masked, as a client's do.
    explicit frame_reader(bool masked) : masked_(masked) {}

    // Takes bytes from the front of `in` up to the next thing worth telling; a part's payload goes to `into`,
    // which must not be empty. errc::malformed for what the protocol does not allow; nothing can be read
    // after that, nor after a close.
    boost::system::result<found> next(std::span<const char>& in, std::span<char> into);

private:
    bool take_head(std::span<const char>& in);
    boost::system::result<found> take_control(std::span<const char>& in);

    bool masked_;
    bool failed_ = false, closed_ = false; // nothing may follow a close
    std::array<unsigned char, 14> head_{};
    std::size_t have_ = 0;    // bytes of the head
    bool in_frame_ = false;   // the head is whole
    bool in_message_ = false; // a message was begun and not ended
    message_kind message_kind_ = message_kind::binary;
    frame_kind kind_ = frame_kind::binary;
    bool last_frame_ = false;
    frame_mask mask_{};
    std::uint64_t size_ = 0, taken_ = 0; // of the frame's payload
    std::string control_;
};

} // namespace layerline::transport
