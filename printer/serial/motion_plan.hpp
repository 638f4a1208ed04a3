// The host's own G-code around a job, as steps: begin, park, resume, cancel, end. Pure builders, so that the
// order of what moves and heats can be read and tested in one place.
#pragma once

#include "printer/printer_state.hpp"
#include "printer/serial/job_line.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace layerline::printer::serial {

struct plan_step {
    enum class kind : std::uint8_t {
        send,     // one command
        drain,    // until all that was sent is acknowledged
        position, // asks M114 and waits for the answer, within a deadline
        heat      // until a heater is there, within a deadline
    };
    kind what = kind::send;
    std::string text{};
    heat_wait wait{};
};
using plan = std::deque<plan_step>;

struct spot {
    double x_mm = 0, y_mm = 0;
};
// The area that the owner measured; nothing of ours moves outside of it.
struct motion_area {
    double x_min = 0, x_max = 0, y_min = 0, y_max = 0, z_max = 0;
    bool holds(spot at) const
    {
        return at.x_mm >= x_min && at.x_mm <= x_max && at.y_mm >= y_min && at.y_mm <= y_max;
    }
};

struct park_settings {
    std::optional<motion_area> area{};
    std::optional<spot> park{}; // used only with an area that holds it
    double lift_mm = 5;
    double retract_mm = 1;
    double least_hot_c = 170;   // below this the filament is not moved
    int steppers_idle_s = 600;  // after a job, M84 S of that; while it lasts the steppers stay on
    bool motors_by_time = true; // the firmware knows M84 S; elsewhere that would switch them off at once
    double travel_mm_min = 6000, lift_mm_min = 600, filament_mm_min = 2100;
};

// What is known when the host is about to move the head by itself.
struct head_knowledge {
    head_position at;      // of M114 after M400; unknown axes are not moved
    std::string homed;     // of "xyz"
    bool may_cross = true; // false for objects printed one by one
    bool hot = false;      // the tool in use may move filament
};

// What a resume has to bring back.
struct paused_head {
    head_position at{};
    gcode::modes modes{};
    bool lifted = false, parked = false, retracted = false;
    bool jogged = false; // by hand while it was paused; then lifted and parked are set as well
    std::vector<heater_state> targets{}; // those with target_c > 0
};

// "10.5": three decimals at most, no exponent, as G-code has it.
std::string gcode_number(double value);

plan plan_begin(const park_settings& settings);
// M400, then the position. Motion stands still when it is through.
plan plan_standstill();
// Retract, lift, then XY; says in `into` what was done so that the resume undoes just that.
plan plan_park(const park_settings& settings, const head_knowledge& head, bool park, paused_head& into);
// Temperature, prime, XY, Z, E, feed rate, modes, in that order.
plan plan_resume(const park_settings& settings, const paused_head& saved);
// Heaters off, fan off, lift; steppers keep standing for `steppers_idle_s`.
plan plan_cancel(const park_settings& settings, const head_knowledge& head,
                 const std::vector<heater_state>& heaters, bool lift);
plan plan_finish(const park_settings& settings);
// Commands that switch off the heaters named by `tools` and `others`.
std::vector<std::string> heaters_off(const std::vector<heater_state>& heaters, bool tools, bool others);
// "tool1" -> "M104 T1 S200"; empty for a name that is no heater.
std::string set_target_command(const std::string& heater, double celsius);

} // namespace layerline::printer::serial
