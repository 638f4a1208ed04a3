// Motion: moves, homing, dwells and positions.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace layerline::printer::virtual_printer {

namespace {

constexpr std::array<double, 3> steps_per_mm{80, 80, 400};
constexpr double underrun_window = 1; // simulated seconds
constexpr long shortest_still_ms = 50;
constexpr std::size_t most_stills = 1000;

// Length in the plane of an arc from `from` to `to`; empty when the parameters make none.
std::optional<double> arc_length(const axes& from, const axes& to, const command& read, double unit)
{
    const bool clockwise = read.code() == 2;
    double center_x = from[0];
    double center_y = from[1];
    if (auto radius = read.value('R')) {
        const double dx = to[0] - from[0];
        const double dy = to[1] - from[1];
        const double chord = std::hypot(dx, dy);
        const double r = *radius * unit;
        if (r == 0 || chord == 0) return std::nullopt;
        const double away = std::sqrt(std::max(0.0, r * r - chord * chord / 4));
        const double side = (clockwise != (r < 0)) ? 1 : -1;
        center_x = (from[0] + to[0]) / 2 + side * away * dy / chord;
        center_y = (from[1] + to[1]) / 2 - side * away * dx / chord;
    } else if (read.seen('I') || read.seen('J')) {
        center_x += read.value('I').value_or(0) * unit;
        center_y += read.value('J').value_or(0) * unit;
    } else {
        return std::nullopt;
    }
    const double r = std::hypot(from[0] - center_x, from[1] - center_y);
    if (r == 0) return std::nullopt;
    const double start = std::atan2(from[1] - center_y, from[0] - center_x);
    const double end = std::atan2(to[1] - center_y, to[0] - center_x);
    double angle = clockwise ? start - end : end - start;
    if (angle <= 1e-9) angle += 2 * std::numbers::pi; // the same point: a whole circle
    return r * angle;
}

} // namespace

axes firmware::impl::destination(const command& read) const
{
    axes to = modes.at;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const auto value = read.value(axis_letters[i]);
        if (!value) continue;
        const double mm = *value * modes.unit;
        const bool relative = i == 3 ? modes.relative_e : modes.relative;
        to[i] = relative ? to[i] + mm : mm + modes.offset[i];
    }
    for (std::size_t i = 0; i < 3; ++i) {
        if (modes.soft_endstops && modes.homed[i]) to[i] = std::clamp(to[i], 0.0, settings.size[i]);
    }
    return to;
}

// A move waits for a free block, then it is queued and done as far as the host knows.
bool firmware::impl::try_move(const command& read)
{
    if (planner.free_blocks() == 0) return false;
    if (auto feed = read.value('F'); feed && *feed > 0) modes.feed = *feed * modes.unit / 60;
    const auto to = destination(read);
    double plane = std::hypot(to[0] - modes.at[0], to[1] - modes.at[1]);
    if (read.code() == 2 || read.code() == 3) {
        const auto arc = arc_length(modes.at, to, read, modes.unit);
        if (!arc) {
            say("echo:G2/G3 bad parameters");
            return true;
        }
        plane = *arc;
    }
    queue_move(to, std::hypot(plane, to[2] - modes.at[2]));
    return true;
}

void firmware::impl::queue_move(const axes& to, double length)
{
    settle_motors();
    double filament = (to[3] - modes.at[3]) * modes.flow;
    heat_to(clock);
    if (filament != 0 && !modes.cold_allowed && tool.reading() < modes.cold_below) {
        say("echo: cold extrusion prevented");
        ++tally.cold_extrusions;
        filament = 0; // the position counts on
    }
    move_block block{modes.at, to, length, filament, {}};
    const double driving = length > 0 ? length : std::abs(filament);
    double seconds = driving / std::max(0.01, modes.feed * modes.speed);
    for (std::size_t i = 0; i < to.size(); ++i) {
        const double part = i == 3 ? std::abs(filament) : std::abs(to[i] - modes.at[i]);
        seconds = std::max(seconds, part / std::max(0.01, modes.max_feed[i]));
    }
    block.duration = scaled(seconds);
    modes.at = to;
    if (length == 0 && filament == 0) {
        if (planner.idle()) planner.place(to);
        return;
    }
    if (dry_since) {
        const double dry = std::chrono::duration<double>(clock - *dry_since).count() * settings.speed;
        if (dry > 0 && dry <= underrun_window) ++tally.underruns;
        const auto still = std::chrono::duration_cast<std::chrono::milliseconds>(clock - *dry_since).count();
        if (still >= shortest_still_ms && tally.still_ms.size() < most_stills)
            tally.still_ms.push_back(static_cast<std::uint32_t>(still));
        dry_since.reset();
    }
    modes.motors_on = true;
    motors_idle_since.reset();
    planner.add(block, clock);
}

void firmware::impl::begin_home(const command& read)
{
    std::array<bool, 3> which{read.seen('X'), read.seen('Y'), read.seen('Z')};
    if (!which[0] && !which[1] && !which[2]) which = {true, true, true};
    synchronous = true;
    step = [this, which, until = std::optional<time_point>()]() mutable {
        if (!planner.idle()) return false;
        if (!until) {
            double seconds = 0;
            for (std::size_t i = 0; i < 3; ++i) {
                const double away = std::clamp(std::abs(modes.at[i]), 0.0, settings.size[i]);
                if (which[i]) seconds += away / (i == 2 ? 10 : 50) + 1.5; // and twice the bump
            }
            modes.motors_on = true;
            until = clock + scaled(seconds);
        }
        if (clock < *until) {
            wake_at = until;
            return false;
        }
        for (std::size_t i = 0; i < 3; ++i) {
            if (!which[i]) continue;
            modes.at[i] = i == 2 ? settings.home_z : 0;
            modes.offset[i] = 0;
            modes.homed[i] = true;
        }
        planner.place(modes.at);
        motors_idle_since = clock;
        say(position_line());
        return true;
    };
}

void firmware::impl::begin_dwell(const command& read)
{
    const double seconds = read.value('S').value_or(read.value('P').value_or(0) / 1000);
    synchronous = true;
    step = [this, seconds, until = std::optional<time_point>()]() mutable {
        if (!planner.idle()) return false;
        if (!until) until = clock + scaled(seconds);
        if (clock >= *until) return true;
        wake_at = until;
        return false;
    };
}

void firmware::impl::begin_probe()
{
    constexpr double probing = 35; // simulated seconds for a grid
    if (!modes.homed[0] || !modes.homed[1] || !modes.homed[2]) {
        say("echo:Home XYZ First");
        return;
    }
    synchronous = true;
    step = [this, until = std::optional<time_point>()]() mutable {
        if (!planner.idle()) return false;
        if (!until) until = clock + scaled(probing);
        if (clock >= *until) return true;
        wake_at = until;
        return false;
    };
}

void firmware::impl::quick_stop()
{
    if (planner.idle()) return;
    planner.stop(clock);
    modes.at = planner.position(clock);
    motors_idle_since = clock;
    dry_since.reset();
}

std::string firmware::impl::position_line() const
{
    std::string line;
    for (std::size_t i = 0; i < 4; ++i)
        line += std::string(1, axis_letters[i]) + ":" + fixed(modes.at[i] - modes.offset[i], 2) + " ";
    line += "Count";
    const auto real = planner.position(clock);
    for (std::size_t i = 0; i < 3; ++i)
        line += std::string(" ") + axis_letters[i] + ":" + fixed(real[i] * steps_per_mm[i], 0);
    return line;
}

bool firmware::impl::begin_motion(const command& read)
{
    if (read.letter() == 'G') {
        switch (read.code()) {
        case 0:
        case 1:
        case 2:
        case 3:
            step = [this, read] { return try_move(read); };
            return true;
        case 4:
            begin_dwell(read);
            return true;
        case 28:
            begin_home(read);
            return true;
        case 29:
            begin_probe();
            return true;
        case 92:
            set_position(read);
            return true;
        default:
            return false;
        }
    }
    if (read.letter() != 'M') return false;
    switch (read.code()) {
    case 18:
    case 84:
        motors_off(read);
        return true;
    case 400:
        synchronous = true;
        step = [this] { return planner.idle(); };
        return true;
    default:
        return false;
    }
}

} // namespace layerline::printer::virtual_printer
