// The owner's own G-code of a slice request beside where the printer's head goes. Klipper ends a print in
// error at the first place beyond that, be it the last line of all. Pure.
#pragma once

#include "printer/printer_action.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace layerline::commands {

// A place that was taken back to the end of the printer's way, in mm.
struct shortened_move {
    char axis = 0; // X, Y or Z
    double was = 0, is = 0;
};

// Changes in `lines` each X, Y and Z of G0 and G1 that lies outside of `travel`; nothing else of them. Read
// as absolute until G91, in mm until G20; behind a G92 that moves an axis' zero nothing of these lines is
// changed any more, nor is a line with a checksum. The first one of each axis is told.
std::vector<shortened_move> keep_within_reach(std::vector<std::string>& lines,
                                              const printer::travel_area& travel);

} // namespace layerline::commands
