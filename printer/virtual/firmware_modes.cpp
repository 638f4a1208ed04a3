// Modes, told positions, and motors that are switched off.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

void firmware::impl::set_position(const command& read)
{
    bool any = false;
    for (std::size_t i = 0; i < 4; ++i)
        any = any || read.seen(axis_letters[i]);
    for (std::size_t i = 0; i < 4; ++i) {
        if (any && !read.seen(axis_letters[i])) continue;
        const double value = any ? read.value(axis_letters[i]).value_or(0) * modes.unit : 0;
        if (i == 3)
            modes.at[3] = value;
        else
            modes.offset[i] = modes.at[i] - value;
    }
}

// Motors that stood still for long enough are off, and nobody knows then where the head is.
void firmware::impl::settle_motors()
{
    if (motors_idle_since && (heat_waiting || user_waiting))
        motors_idle_since = clock; // waits keep them powered
    if (!modes.motors_on || !motors_idle_since || !planner.idle() || modes.motor_timeout <= 0) return;
    const double idle = std::chrono::duration<double>(clock - *motors_idle_since).count();
    if (idle < modes.motor_timeout) return;
    modes.motors_on = false;
    modes.homed = {};
}

void firmware::impl::motors_off(const command& read)
{
    if (auto seconds = read.value('S')) {
        modes.motor_timeout = std::max(0.0, *seconds);
        return;
    }
    synchronous = true;
    const std::array<bool, 4> which{read.seen('X'), read.seen('Y'), read.seen('Z'), read.seen('E')};
    const bool all = !which[0] && !which[1] && !which[2] && !which[3];
    step = [this, which, all] {
        if (!planner.idle()) return false;
        for (std::size_t i = 0; i < 3; ++i) {
            if (all || which[i]) modes.homed[i] = false;
        }
        if (all) modes.motors_on = false;
        return true;
    };
}

bool firmware::impl::begin_modes(const command& read)
{
    const auto s = read.value('S');
    if (read.letter() == 'T') {
        if (read.code() != 0) say("echo:T" + std::to_string(read.code()) + " Invalid extruder");
        return true;
    }
    if (read.letter() == 'G') {
        switch (read.code()) {
        case 17:
            return true;
        case 20:
            modes.unit = 25.4;
            return true;
        case 21:
            modes.unit = 1;
            return true;
        case 90:
        case 91:
            modes.relative = modes.relative_e = read.code() == 91;
            return true;
        default:
            return false;
        }
    }
    if (read.letter() != 'M') return false;
    switch (read.code()) {
    case 17:
        modes.motors_on = true;
        return true;
    case 82:
        modes.relative_e = false;
        return true;
    case 83:
        modes.relative_e = true;
        return true;
    case 85:
        return true;
    case 203:
        for (std::size_t i = 0; i < 4; ++i) {
            if (auto most = read.value(axis_letters[i]))
                modes.max_feed[i] = std::max(0.01, *most * modes.unit);
        }
        return true;
    case 211:
        modes.soft_endstops = !s || *s != 0;
        return true;
    case 220:
        if (s) modes.speed = std::clamp(*s, 1.0, 999.0) / 100;
        return true;
    case 221:
        if (s) modes.flow = std::clamp(*s, 1.0, 999.0) / 100;
        return true;
    case 302:
        if (s) modes.cold_below = *s;
        modes.cold_allowed = read.value('P').value_or(0) != 0 || modes.cold_below <= 0;
        return true;
    default:
        return false;
    }
}

} // namespace layerline::printer::virtual_printer
