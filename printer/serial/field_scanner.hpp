// Walks over KEY:value fields in firmware text.
#pragma once

#include <optional>
#include <string_view>

namespace layerline::printer::serial {

// The number at the front of `text`, taken off it; nothing when there is none or it is not finite.
std::optional<double> take_number(std::string_view& text);
// The unsigned number at the front, at most 10 digits, taken off it.
std::optional<unsigned long long> take_count(std::string_view& text);
void skip_spaces(std::string_view& text);
// Letters, digits, `_` and `@` before a colon at the front; taken off with the colon. Empty when there is no
// such key there, and then nothing is taken.
std::string_view take_key(std::string_view& text);
// Up to the next space or the end.
void skip_word(std::string_view& text);

} // namespace layerline::printer::serial
