// Coordinates as text.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace layerline::workshop {

// Nine significant digits: reading them gives the same float.
inline void append_number(std::string& to, double value)
{
    std::array<char, 32> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::general, 9);
    to.append(digits.data(), end.ptr);
}

} // namespace layerline::workshop
