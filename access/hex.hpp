// Hexadecimal in lower case: digests in the store and on the wire.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::access {

std::string to_hex(std::span<const unsigned char> bytes);
// Both cases; nothing for an odd length or other characters.
std::optional<std::vector<unsigned char>> from_hex(std::string_view text);

} // namespace layerline::access
