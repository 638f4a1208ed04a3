// Base32 of RFC 4648 in lower case, without padding: agent ids, token ids.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::access {

std::string to_base32(std::span<const unsigned char> bytes);
// Lower case only; nothing for other characters, a length that no bytes give, or trailing bits that are not
// 0.
std::optional<std::vector<unsigned char>> from_base32(std::string_view text);

} // namespace layerline::access
