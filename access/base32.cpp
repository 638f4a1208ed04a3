// Base32, five bits a character.
#include "access/base32.hpp"

#include <cstdint>

namespace layerline::access {

namespace {
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
}

std::string to_base32(std::span<const unsigned char> bytes)
{
    std::string text;
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const unsigned char byte : bytes) {
        held = (held << 8 | byte) & 0xfffU;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            text += alphabet[held >> bits & 31U];
        }
    }
    if (bits > 0) text += alphabet[held << (5 - bits) & 31U];
    return text;
}

std::optional<std::vector<unsigned char>> from_base32(std::string_view text)
{
    std::vector<unsigned char> bytes;
    bytes.reserve(text.size() * 5 / 8);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = (held << 5 | static_cast<std::uint32_t>(value)) & 0xfffU;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<unsigned char>(held >> bits & 0xffU));
        }
    }
    if (bits >= 5 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

} // namespace layerline::access
