// Base64 of RFC 4648: the URL-safe form for tokens and keys on the wire, the plain one for Basic credentials.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::access {

// The URL-safe form without padding.
std::string to_base64url(std::span<const unsigned char> bytes);
// Nothing for padding, other characters, a length that no bytes give, or trailing bits that are not 0.
std::optional<std::vector<unsigned char>> from_base64url(std::string_view text);
// The plain form; padding may be there in full or not at all.
std::optional<std::vector<unsigned char>> from_base64(std::string_view text);

} // namespace layerline::access
