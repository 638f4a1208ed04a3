// Where a print stands once one line was accepted: all that another print host needs to go on behind it.
#pragma once

#include "gcode/modal_state.hpp"
#include "printer/serial/job_line.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

// What the print was at.
enum class print_step : std::uint8_t {
    beginning, // the host's own lines before the file's first
    printing,  // the file's lines, one after the other
    waiting,   // for the heater of `wait`; then the file's lines
    finishing, // all of the file was sent
};

// What was wished for the print, whatever the line: it is in force at once.
enum class print_wish : std::uint8_t {
    go_on,
    hold,  // pausing, paused, resuming: only a person goes on from here
    cancel // nobody goes on from here
};

// A heater, as it was when the line was sent.
struct heat_point {
    std::optional<double> target_c, actual_c;
    bool operator==(const heat_point&) const = default;
};

struct resume_point {
    print_step at = print_step::beginning;
    // Of the file: where the next line begins, and the last line that was taken from it.
    std::uint64_t offset = 0, line = 0;
    gcode::modes modes;
    std::array<std::optional<double>, 3> axes; // as the file counts them
    std::uint8_t placed =
        0; // bits 0-2: the axis is where a move of the file put it, so that M114 says the same
    double e_mm = 0;
    std::optional<int> layer;
    bool layers_by_comments = false;
    double seconds = 0; // of motion, from the file's beginning
    std::optional<double> slicer_left_s;
    double elapsed_s = 0;
    std::uint64_t lines_acknowledged = 0, resends = 0;
    std::uint8_t homed = 0; // bits 0-2: X, Y, Z
    bool moved = false;
    heat_wait wait; // of `waiting`
    static constexpr std::size_t most_heaters = 8;
    std::array<heat_point, most_heaters> heaters; // tool0 to tool5, bed, chamber
    std::optional<double> fan, speed_factor, flow_factor;

    // Where a heater of that name is in `heaters`; none for further tools.
    static std::optional<std::size_t> slot_of(std::string_view heater)
    {
        if (heater == "bed") return most_heaters - 2;
        if (heater == "chamber") return most_heaters - 1;
        if (heater.size() != 5 || !heater.starts_with("tool")) return std::nullopt;
        const auto tool = static_cast<std::size_t>(heater[4] - '0');
        return tool < most_heaters - 2 ? std::optional(tool) : std::nullopt;
    }
    static std::string heater_in(std::size_t slot)
    {
        return slot == most_heaters - 2   ? "bed"
               : slot == most_heaters - 1 ? "chamber"
                                          : "tool" + std::to_string(slot);
    }
};

} // namespace layerline::printer::serial
