// Frames as RFC 6455 has them. No extension is ever agreed on, so the reserved bits stay clear.
#include "transport/tunnel/websocket_frames.hpp"

#include "transport/error.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace layerline::transport {

namespace {

constexpr std::size_t max_control = 125;
constexpr std::size_t max_reason = 120;

constexpr bool is_control(frame_kind kind)
{
    return static_cast<unsigned>(kind) >= 8;
}

bool known(unsigned opcode)
{
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// What may stand in a close frame (RFC 6455 section 7.4 and the registry).
bool good_close_code(unsigned code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

} // namespace

std::string frame_head(frame_kind kind, bool last, std::uint64_t size, std::optional<frame_mask> mask)
{
    std::string out(1, static_cast<char>((last ? 0x80U : 0U) | static_cast<unsigned>(kind)));
    const unsigned masked = mask ? 0x80U : 0U;
    const auto put = [&out, size](int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
            out.push_back(static_cast<char>((size >> shift) & 0xFFU));
    };
    if (size <= max_control) {
        out.push_back(static_cast<char>(masked | static_cast<unsigned>(size)));
    } else if (size <= 0xFFFF) {
        out.push_back(static_cast<char>(masked | 126U));
        put(2);
    } else {
        out.push_back(static_cast<char>(masked | 127U));
        put(8);
    }
    if (mask)
        for (const unsigned char byte : *mask)
            out.push_back(static_cast<char>(byte));
    return out;
}

void apply_mask(std::span<char> bytes, const frame_mask& mask, std::uint64_t offset)
{
    // Turned so that the first byte takes mask[0]; the compiler makes vectors of the loop over whole words.
    frame_mask turned{};
    for (std::size_t i = 0; i < turned.size(); ++i)
        turned.at(i) = mask.at((offset + i) % mask.size());
    std::uint32_t word = 0;
    std::memcpy(&word, turned.data(), sizeof word);
    std::size_t at = 0;
    for (; at + sizeof word <= bytes.size(); at += sizeof word) {
        std::uint32_t here = 0;
        std::memcpy(&here, bytes.data() + at, sizeof here);
        here ^= word;
        std::memcpy(bytes.data() + at, &here, sizeof here);
    }
    for (std::size_t i = 0; at < bytes.size(); ++at, ++i)
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ turned.at(i));
}

std::string control_frame(frame_kind kind, std::string_view payload, std::optional<frame_mask> mask)
{
    payload = payload.substr(0, max_control);
    std::string out = frame_head(kind, true, payload.size(), mask);
    const auto head = out.size();
    out += payload;
    if (mask) apply_mask(std::span<char>(out).subspan(head), *mask, 0);
    return out;
}

std::string close_payload(const close_words& words)
{
    if (!good_close_code(words.code)) return {};
    std::string out{static_cast<char>(words.code >> 8), static_cast<char>(words.code & 0xFF)};
    out.append(words.reason, 0, max_reason);
    return out;
}

// Gathers the head's bytes and reads them; false if it is not whole yet or breaks a rule (failed_).
bool frame_reader::take_head(std::span<const char>& in)
{
    const auto need = [this, &in](std::size_t count) {
        while (have_ < count && !in.empty()) {
            head_.at(have_++) = static_cast<unsigned char>(in.front());
            in = in.subspan(1);
        }
        return have_ >= count;
    };
    const auto broken = [this](bool rule) {
        failed_ = failed_ || rule;
        return rule;
    };
    if (!need(2)) return false;
    const unsigned opcode = head_[0] & 0x0FU;
    if (broken((head_[0] & 0x70U) != 0 || !known(opcode))) return false;
    kind_ = static_cast<frame_kind>(opcode);
    last_frame_ = (head_[0] & 0x80U) != 0;
    const bool has_mask = (head_[1] & 0x80U) != 0;
    const unsigned told = head_[1] & 0x7FU;
    if (broken(has_mask != masked_)) return false;
    if (broken(is_control(kind_) && (!last_frame_ || told > max_control))) return false;
    if (broken(!is_control(kind_) && (kind_ == frame_kind::continuation) != in_message_)) return false;
    const std::size_t wide = told == 126 ? 2 : told == 127 ? 8 : 0;
    if (!need(2 + wide + (has_mask ? mask_.size() : 0))) return false;
    size_ = wide == 0 ? told : 0;
    for (std::size_t i = 0; i < wide; ++i)
        size_ = size_ << 8 | head_.at(2 + i);
    // Every length has one way to be written.
    if (broken(wide == 2 && size_ <= max_control)) return false;
    if (broken(wide == 8 && (size_ <= 0xFFFF || size_ > std::numeric_limits<std::int64_t>::max())))
        return false;
    if (has_mask) std::copy_n(head_.begin() + 2 + static_cast<long>(wide), mask_.size(), mask_.begin());
    have_ = 0;
    taken_ = 0;
    in_frame_ = true;
    return true;
}

boost::system::result<frame_reader::found> frame_reader::take_control(std::span<const char>& in)
{
    const auto part = std::min<std::size_t>(in.size(), static_cast<std::size_t>(size_ - taken_));
    control_.append(in.data(), part);
    in = in.subspan(part);
    taken_ += part;
    if (taken_ < size_) return more_needed{};
    in_frame_ = false;
    std::string payload;
    payload.swap(control_);
    if (masked_) apply_mask(payload, mask_, 0);
    if (kind_ == frame_kind::ping) return ping{std::move(payload)};
    if (kind_ == frame_kind::pong) return more_needed{}; // nobody asked
    closed_ = true;
    close_words words;
    if (payload.empty()) return words;
    if (payload.size() == 1) return make_error_code(errc::malformed);
    words.code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                            static_cast<unsigned char>(payload[1]));
    if (!good_close_code(words.code)) return make_error_code(errc::malformed);
    words.reason = payload.substr(2);
    return words;
}

boost::system::result<frame_reader::found> frame_reader::next(std::span<const char>& in, std::span<char> into)
{
    for (;;) {
        if (closed_ && in.empty()) return more_needed{};
        if (failed_ || closed_) return make_error_code(errc::malformed);
        if (!in_frame_ && !take_head(in)) {
            if (failed_) return make_error_code(errc::malformed);
            return more_needed{};
        }
        if (is_control(kind_)) {
            auto control = take_control(in);
            const bool quiet = control && std::holds_alternative<more_needed>(*control);
            if (quiet && !in_frame_) continue; // a pong
            return control;
        }
        if (kind_ != frame_kind::continuation)
            message_kind_ = kind_ == frame_kind::text ? message_kind::text : message_kind::binary;
        in_message_ = true;
        const auto left = size_ - taken_;
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>({in.size(), into.size(), left}));
        if (count == 0 && left > 0) return more_needed{};
        if (count > 0) std::memcpy(into.data(), in.data(), count);
        if (masked_) apply_mask(into.first(count), mask_, taken_);
        in = in.subspan(count);
        taken_ += count;
        message_part part;
        part.bytes = count;
        part.kind = message_kind_;
        if (taken_ == size_) {
            in_frame_ = false;
            part.last = last_frame_;
            if (last_frame_) in_message_ = false;
        }
        if (part.bytes > 0 || part.last) return part;
    }
}

} // namespace layerline::transport
