// Whether text from people or strangers may be kept as a name.
#pragma once

#include <string_view>

namespace layerline::access {

// 1-64 characters of valid UTF-8, none of them a control character, a line or paragraph separator, or a mark
// that changes the direction of text; no space at either end.
bool is_printable_name(std::string_view text);
// 1-`limit` characters from space to ~, for versions and host names on the wire.
bool is_printable_ascii(std::string_view text, std::size_t limit);

} // namespace layerline::access
