// Base64, six bits a character, in two alphabets.
#include "access/base64.hpp"

#include <cstdint>

namespace layerline::access {

namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view plain_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::vector<unsigned char>> decode(std::string_view text, std::string_view alphabet)
{
    std::vector<unsigned char> bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(value)) & 0x3fffU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<unsigned char>(held >> bits & 0xffU));
        }
    }
    if (bits >= 6 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

} // namespace

std::string to_base64url(std::span<const unsigned char> bytes)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const unsigned char byte : bytes) {
        held = (held << 8 | byte) & 0x3fffU;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += url_alphabet[held >> bits & 63U];
        }
    }
    if (bits > 0) text += url_alphabet[held << (6 - bits) & 63U];
    return text;
}

std::optional<std::vector<unsigned char>> from_base64url(std::string_view text)
{
    return decode(text, url_alphabet);
}

std::optional<std::vector<unsigned char>> from_base64(std::string_view text)
{
    if (text.ends_with('=')) {
        if (text.size() % 4 != 0) return std::nullopt;
        text.remove_suffix(text.ends_with("==") ? 2 : 1);
        if (text.size() % 4 == 1) return std::nullopt;
    }
    return decode(text, plain_alphabet);
}

} // namespace layerline::access
