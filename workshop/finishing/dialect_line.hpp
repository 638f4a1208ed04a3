// Lines of firmware whose words differ from Marlin's, read as if they were its: Mach3 and LinuxCNC call the
// filament's axis A, give temperatures as P, and count the seconds of G4 P; a MakerBot waits for its bed with
// M109. Pure.
#pragma once

#include "gcode/line.hpp"
#include "workshop/finishing/finishing_plan.hpp"

#include <string_view>

namespace layerline::workshop {

inline bool is_milling(gcode_dialect dialect)
{
    return dialect == gcode_dialect::mach3 || dialect == gcode_dialect::linuxcnc;
}
// As it is written.
inline char filament_letter(gcode_dialect dialect)
{
    return is_milling(dialect) ? 'A' : 'E';
}

inline void parse_line(std::string_view text, gcode_dialect dialect, gcode::parsed_line& line)
{
    gcode::parse_line(text, line);
    if (dialect == gcode_dialect::makerbot && line.is('M', 109)) line.number = 190;
    if (!is_milling(dialect)) return;
    const bool moves = line.letter == 'G' && line.number != 4;
    const bool sets = line.is('G', 4) || (line.letter == 'M' && line.number != 73);
    for (std::size_t at = 0; at < line.word_count; ++at) {
        auto& letter = line.words[at].letter;
        if (moves && letter == 'A') letter = 'E';
        if (sets && letter == 'P') letter = 'S';
    }
}
inline gcode::parsed_line parse_line(std::string_view text, gcode_dialect dialect)
{
    gcode::parsed_line line;
    parse_line(text, dialect, line);
    return line;
}

} // namespace layerline::workshop
