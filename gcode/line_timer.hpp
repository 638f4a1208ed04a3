// The time of a file's lines as they go by: where the head is after each, how long its moves and waits take,
// and what the slicer says is left (M73). The one place that adds these up, for the print and for looking
// ahead.
#pragma once

#include "gcode/modal_state.hpp"
#include "gcode/move_time.hpp"

#include <optional>

namespace layerline::gcode {

struct timed_line {
    std::optional<move> moved; // by G0 to G3
    bool homes = false;        // or measures the bed: the head moves, by an amount that nobody knows
};

class line_timer {
public:
    line_timer() = default;
    // From the middle of a file: the state after its last line, the seconds and M73's word up to there.
    line_timer(const modal_state& state, double seconds, std::optional<double> slicer_left_s)
        : state_(state), seconds_(seconds), slicer_left_s_(slicer_left_s)
    {
    }

    // Applies the next line and adds its time.
    timed_line take(const parsed_line& line);

    const modal_state& state() const { return state_; }
    // Seconds of all lines taken, own estimate; heating and homing are not in it.
    double seconds() const { return seconds_; }
    // Seconds left as the last M73 R said; a number out of any sense is not taken.
    std::optional<double> slicer_left_s() const { return slicer_left_s_; }

private:
    modal_state state_;
    move_timer timer_;
    double seconds_ = 0;
    std::optional<double> slicer_left_s_;
};

} // namespace layerline::gcode
