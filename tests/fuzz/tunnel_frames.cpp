// WebSocket frames from a stranger: however they are cut, the same comes out, nothing past the bounds, and
// what we write ourselves is always read back.
#include "transport/tunnel/websocket_frames.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace layerline::transport;

namespace {

std::string take_apart(std::string_view bytes, bool masked, std::size_t chop, std::size_t room)
{
    frame_reader reader(masked);
    std::string told;
    std::vector<char> into(room);
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, chop);
        bytes.remove_prefix(piece.size());
        std::span<const char> in(piece);
        for (;;) {
            const auto found = reader.next(in, into);
            if (!found) return told + "!";
            if (std::holds_alternative<frame_reader::more_needed>(*found)) {
                if (!in.empty()) std::abort();
                break;
            }
            if (const auto* part = std::get_if<message_part>(&*found)) {
                if (part->bytes > room || (part->bytes == 0 && !part->last)) std::abort();
                told.append(into.data(), part->bytes);
                if (part->last) told += part->kind == message_kind::text ? "|t" : "|b";
            } else if (const auto* ping = std::get_if<frame_reader::ping>(&*found)) {
                if (ping->payload.size() > 125) std::abort();
                told += "p" + ping->payload;
            } else if (const auto* words = std::get_if<close_words>(&*found)) {
                if (words->reason.size() > 123) std::abort();
                told += "c" + std::to_string(words->code) + words->reason;
            }
        }
    }
    return told;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size < 3) return 0;
    const bool masked = (data[0] & 1U) != 0;
    const std::size_t chop = data[1] + 1U, room = data[2] + 1U;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    const auto at_once = take_apart(bytes, masked, bytes.size() + 1, 100'000);
    if (take_apart(bytes, masked, chop, room) != at_once) std::abort();

    // The same bytes as a message of ours.
    const frame_mask key{data[0], data[1], data[2], 0x5a};
    const auto mask = masked ? std::optional(key) : std::nullopt;
    std::string payload(bytes);
    std::string wire = frame_head(frame_kind::binary, true, payload.size(), mask);
    if (mask) apply_mask(payload, key, 0);
    wire += payload;
    wire += control_frame(frame_kind::ping, bytes, mask);
    if (take_apart(wire, masked, chop, room) !=
        std::string(bytes) + "|bp" + std::string(bytes.substr(0, 125)))
        std::abort();
    return 0;
}
