// Temperatures as firmware writes them, in all the forms that are about.
#pragma once

#include "printer/printer_state.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::serial {

struct temperature_report {
    struct reading {
        std::optional<double> actual_c, target_c;
    };
    static constexpr std::size_t most_tools = 16;
    std::array<std::optional<reading>, most_tools> tools; // by their own number
    std::optional<reading> active, bed, chamber;          // active: "T:", whatever tool that is
    bool waiting = false; // a line of a blocking heat-up: has W:, or old firmware's E:<number>

    bool has_tools() const
    {
        return std::any_of(tools.begin(), tools.end(), [](const auto& tool) { return tool.has_value(); });
    }
    bool empty() const { return !active && !bed && !chamber && !has_tools(); }
    // tool0..., bed, chamber. A lone "T:" belongs to the active tool; beside T1 without T0 it is tool 0.
    // The second form puts them into a list whose memory is used again.
    std::vector<heater_state> heaters(int active_tool) const;
    void heaters(int active_tool, std::vector<heater_state>& all) const;
};

// Reads what follows "ok", or a whole line. Empty when it is not about temperatures: the first key must be a
// tool's, or a bed's or chamber's with a target.
temperature_report parse_temperatures(std::string_view text);

} // namespace layerline::printer::serial
