// What can be asked of a printer, under which terms, and what comes back. Plain data: the print host, which
// has no network, shares it with the links to it.
#pragma once

#include "printer/printer_error.hpp"
#include "printer/printer_state.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace layerline::printer {

// Paths are virtual ("gcode/cube.gcode"), confined by whoever opens them. "card/NAME.GCO" is a file of the
// printer's own card, by the name that its firmware lists.
struct start_job {
    std::string path;
    bool bed_clear = false;
};
struct pause_job {
    bool park = true;
};
struct resume_job {};
struct cancel_job {};
struct home_axes {
    bool x = true, y = true, z = true;
};
struct set_temperature {
    std::string heater;
    double celsius = 0;
}; // 0 = off
struct confirm_bed_clear {};
// Beyond the stop itself, what the owner allows to be tried while the printer does not confirm it, in this
// order. No caller fills it in: the agent does, from the owner's policy.
struct emergency_stop {
    bool break_waits = false;      // M108 and M410
    bool reset_board = false;      // by the port's DTR line
    std::string power_device = {}; // to switch off; empty: none
};

// By hand. Where a link keeps modes (absolute, units, feed rate), they are as before when it is done.
struct move_axis {
    char axis = 'x';        // x, y or z
    double distance_mm = 0; // from where the head is; at most max_move_mm either way
    std::optional<double> feed_mm_min = {};
};
struct extrude_filament {
    int tool = 0;
    double distance_mm = 0; // negative: back; at most max_extrude_mm either way
    std::optional<double> feed_mm_min = {};
};
struct set_fan {
    double share = 0; // of the part fan's full speed, 0..1
};
struct set_speed {
    double factor = 1; // of the file's feed rates, 0.1..5
};
struct set_flow {
    double factor = 1; // of the file's extrusion, 0.5..2
};
struct babystep {
    double z_mm = 0; // at most max_babystep_mm either way
};
struct release_motors {};
struct level_bed {}; // measures the bed with the printer's own probe
struct set_light {
    std::string name;
    bool on = false;
};
struct set_power {
    std::string device;
    bool on = false;
};
struct run_gcode {
    std::string text; // one line
};
struct run_macro {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;
};
struct exclude_object {
    std::string name;
};
struct answer_prompt {
    int choice = 0; // which of the prompt's buttons, from 0
};
// The files of the printer's own card, read by its firmware: some seconds, and not while it prints.
struct list_card {
    std::uint64_t first = 0; // so many are left out
};
using action = std::variant<start_job, pause_job, resume_job, cancel_job, home_axes, set_temperature,
                            confirm_bed_clear, emergency_stop, move_axis, extrude_filament, set_fan,
                            set_speed, set_flow, babystep, release_motors, level_bed, set_light, set_power,
                            run_gcode, run_macro, exclude_object, answer_prompt, list_card>;
// "start", "move_axis" …: on the print host's socket, in link_capabilities and in the audit log. Lives for
// ever.
std::string_view name_of(const action& what);

inline constexpr int max_tools = 16;
inline constexpr double max_move_mm = 500, max_extrude_mm = 300, max_babystep_mm = 0.5;
inline constexpr double max_feed_mm_min = 60000;
inline constexpr std::size_t max_gcode_bytes = 256, max_reply_bytes = 4096;

inline constexpr std::string_view card_root = "card/";
// Of one listing: more are got by the next.
inline constexpr std::size_t max_card_files = 250, max_card_text = 16UL * 1024;
// Whether it may be a file's name on a printer's card: printable ASCII of one to 64 bytes without what means
// something in G-code, with a dot in its last part, and no part that begins with one.
bool good_card_name(std::string_view name);

// The failure for values that are not finite or out of these bounds, whatever drives the printer.
std::optional<printer_failure> out_of_bounds(const action& what);

// Under which terms an action may be carried out. emergency_stop ignores all of them.
struct terms {
    std::optional<std::chrono::milliseconds> time_left; // counted by each hop; none: the link's own default
    std::optional<phase> expected_state;
    std::optional<std::string> expected_job;
    std::optional<std::string> idempotency_key; // 1-64 of [A-Za-z0-9_-]; kept on disk before execution
    std::string principal;                      // who asks, for the audit log
    std::string principal_name, peer;           // for the agent's audit log; told to nobody
};

struct card_file {
    std::string path; // as start_job takes it: "card/SUB/LONGNA~1.GCO"
    std::string name; // the long one where the firmware tells it; hostile, show it as text only
    std::optional<std::uint64_t> bytes;
    bool operator==(const card_file&) const = default;
};
struct card_page {
    std::vector<card_file> files; // in the card's order, from list_card::first on
    std::uint64_t total = 0;      // of all there are
    bool operator==(const card_page&) const = default;
};

struct performed {
    std::optional<std::string> job_id;
    std::string note = {}; // e.g. that the firmware did not confirm an emergency stop
    bool repeated = false; // the idempotency key was known: nothing was done now
    // To run_gcode: the printer's own words, at most max_reply_bytes; hostile, show them as text only.
    std::string reply = {};
    // Of an emergency stop: whether the printer said that it stopped. Not given: it did if there is no note.
    std::optional<bool> confirmed = {};
    std::optional<card_page> card = {}; // to list_card
};

struct link_capabilities {
    bool serial = false;           // driven by our own print host
    bool emergency_parser = false; // an emergency stop is read ahead of queued lines
    std::optional<double> max_tool_c, max_bed_c, max_chamber_c; // limits in force for remote heating
    // Names of actions that not every printer can do and this one can: "move_axis", "set_light" …
    std::vector<std::string> offers = {};
    std::optional<travel_area> travel = {}; // as the owner measured it, or the firmware says
    bool can(std::string_view name) const
    {
        return std::find(offers.begin(), offers.end(), name) != offers.end();
    }
};

} // namespace layerline::printer
