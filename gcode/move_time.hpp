// How long moves take, guessed while they stream by: nominal speed plus what changes of velocity cost at a
// usual acceleration. Knows one move back and none ahead. Against a planner with the same limits it is within
// about 20 % on sliced parts; against a machine whose limits differ it can be off by as much as those do.
#pragma once

#include "gcode/modal_state.hpp"

namespace layerline::gcode {

struct motion_limits {
    double acceleration_mm_s2 = 1000;
    double corner_mm_s = 10;      // change of velocity that costs nothing (jerk)
    double feed_mm_s = 25;        // where the file has named none
    double fastest_mm_s = 500;    // faster requests are cut, as firmware does
    double extruder_mm_s2 = 3000; // for moves of the filament alone
};

class move_timer {
public:
    explicit move_timer(motion_limits limits = {}) : limits_(limits) {}
    // Seconds that this move adds.
    double add(const move& next);
    // The head stood still (a dwell, a wait, homing).
    void stood_still() { vx_ = vy_ = vz_ = 0; }

private:
    motion_limits limits_;
    double vx_ = 0, vy_ = 0, vz_ = 0; // velocity of the last move, mm/s
};

} // namespace layerline::gcode
