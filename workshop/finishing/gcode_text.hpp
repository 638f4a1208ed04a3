// G-code as text: numbers, moves with other words, times, pictures. Pure.
#pragma once

#include "gcode/line.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// With so many digits behind the point at most, without zeros at the end; 0 for what is no number.
std::string shortest(double value, int digits);

// The command again with these values of E and F (mm/min) instead of its own; F is added where it had none.
// The comment stays. E is written as that letter.
std::string with_words(const gcode::parsed_line& line, std::optional<double> e, std::optional<double> feed,
                       char e_letter = 'E');

// "1d 2h 3m 4s", as slicers write it.
std::string duration_text(double seconds);

// "; thumbnail begin 220x124 12345" to "; thumbnail end", with line ends, as gcode/thumbnails reads it.
std::string thumbnail_block(int width, int height, std::string_view png);

} // namespace layerline::workshop
