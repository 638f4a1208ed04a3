// Strict UTF-8, and the characters that have no place in a name.
#include "access/printable.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace layerline::access {

namespace {

// Takes the next character off the front; nothing if it is not valid UTF-8 (RFC 3629: no overlong forms, no
// surrogates, at most U+10FFFF).
std::optional<char32_t> next_character(std::string_view& text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    const std::size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    if (size == 0 || first > 0xf4 || text.size() < size) return std::nullopt;
    char32_t value = size == 1 ? first : first & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return std::nullopt;
        value = value << 6U | (byte(i) & 0x3fU);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
    text.remove_prefix(size);
    return value;
}

bool is_hidden(char32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x061c;
}

} // namespace

bool is_printable_name(std::string_view text)
{
    if (text.empty() || text.size() > 256 || text.front() == ' ' || text.back() == ' ') return false;
    std::size_t characters = 0;
    while (!text.empty()) {
        const auto c = next_character(text);
        if (!c || is_hidden(*c)) return false;
        ++characters;
    }
    return characters <= 64;
}

bool is_printable_ascii(std::string_view text, std::size_t limit)
{
    return !text.empty() && text.size() <= limit &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace layerline::access
