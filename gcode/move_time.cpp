#include "gcode/move_time.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::gcode {

double move_timer::add(const move& next)
{
    const double wanted = next.feed_mm_s > 0 ? next.feed_mm_s : limits_.feed_mm_s;
    const double speed = std::min(wanted, limits_.fastest_mm_s);
    if (next.length_mm < 1e-9) {
        const double filament = std::abs(next.de);
        if (filament < 1e-9) return 0;
        stood_still();
        // From rest to rest.
        return std::max(filament / speed + speed / limits_.extruder_mm_s2,
                        2 * std::sqrt(filament / limits_.extruder_mm_s2));
    }
    const double scale = speed / next.length_mm;
    const double vx = next.dx * scale, vy = next.dy * scale, vz = next.dz * scale;
    const double change =
        std::sqrt((vx - vx_) * (vx - vx_) + (vy - vy_) * (vy - vy_) + (vz - vz_) * (vz - vz_));
    vx_ = vx, vy_ = vy, vz_ = vz;
    const double paid = std::max(0.0, change - limits_.corner_mm_s);
    const double cruise = next.length_mm / speed;
    const double with_corner = cruise + paid / (2 * limits_.acceleration_mm_s2);
    if (paid <= 2 * speed) return with_corner; // less than to stop and to set off anew
    // No move takes longer than from rest to rest with its full speed never reached.
    const double rest_to_rest = std::max(cruise + speed / limits_.acceleration_mm_s2,
                                         2 * std::sqrt(next.length_mm / limits_.acceleration_mm_s2));
    return std::min(with_corner, rest_to_rest);
}

} // namespace layerline::gcode
