// A Range header with one range of bytes (RFC 9110 section 14). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace layerline::commands {

struct byte_range {
    std::uint64_t first = 0;
    std::uint64_t length = 0; // at least 1
    bool operator==(const byte_range&) const = default;
};
struct whole_file {};    // no range, several, or one that is to be ignored
struct no_such_range {}; // 416

std::variant<whole_file, no_such_range, byte_range> parse_range(std::string_view header, std::uint64_t size);

} // namespace layerline::commands
