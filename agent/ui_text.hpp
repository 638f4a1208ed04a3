// Small texts of heads, as both directions of the UI proxy read them. Pure.
#pragma once

#include "transport/fields.hpp"

#include <string_view>

namespace layerline::agent {

char ui_lowered(char c);
// Without blanks and tabs around it.
std::string_view ui_trimmed(std::string_view text);
// Equal but for the case of ASCII letters.
bool ui_same_text(std::string_view a, std::string_view b);
bool ui_begins_with(std::string_view text, std::string_view lower_case_start);
// Whether a field can be written without breaking a head apart: no control characters, a value of at most
// 8 KiB.
bool ui_writable(const transport::field& f);
// Whether a cookie of that name would be Layerline's own: never told to a UI, never set by one.
bool ui_own_cookie(std::string_view name);

} // namespace layerline::agent
