// Temperatures as firmware writes them, in all the forms that are about.
#pragma once

#include "printer/printer_state.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::serial {

struct temperature_report {
    struct reading {
        std::optional<double> actual_c, target_c;
    };
    std::map<int, reading> tools;                // by their own number
    std::optional<reading> active, bed, chamber; // active: "T:", whatever tool that is
    bool waiting = false; // a line of a blocking heat-up: has W:, or old firmware's E:<number>

    bool empty() const { return tools.empty() && !active && !bed && !chamber; }
    // tool0..., bed, chamber. A lone "T:" belongs to the active tool; beside T1 without T0 it is tool 0.
    std::vector<heater_state> heaters(int active_tool) const;
};

// Reads what follows "ok", or a whole line. Empty when it is not about temperatures: the first key must be a
// tool's, or a bed's or chamber's with a target.
temperature_report parse_temperatures(std::string_view text);

} // namespace layerline::printer::serial
