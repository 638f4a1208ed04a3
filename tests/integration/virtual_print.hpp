// A whole file through the virtual printer's firmware in virtual time: what it complains of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace layerline::tests {

struct virtual_print {
    std::uint64_t lines = 0;             // that were sent: comments and blank lines are not
    std::vector<std::string> complaints; // errors, unknown commands; the first 20
    std::uint64_t unknown_commands = 0, cold_extrusions = 0;
    double filament_mm = 0;
    double seconds = 0;     // on the printer's clock, heating and homing among them
    std::string ended_with; // why the firmware stopped, or does not answer any more; empty: it did not
};

// Line by line, each after the ok of the one before, on a board of 250 x 210 x 220 mm.
virtual_print print_virtually(const std::string& gcode);

} // namespace layerline::tests
