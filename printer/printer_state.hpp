// What is known of a printer at one moment. Unknown is an empty optional, never 0 or -1.
#pragma once

#include "printer/printer_error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer {

enum class phase : std::uint8_t {
    offline,
    connecting,
    idle,
    printing,
    pausing,
    paused,
    resuming,
    cancelling,
    finished,
    cancelled,
    error
};
std::string_view name_of(phase p); // "offline", ...
std::optional<phase> phase_named(std::string_view name);

struct heater_state {
    std::string name; // "tool0", "tool1", "bed", "chamber"
    std::optional<double> actual_c;
    std::optional<double> target_c;
    bool operator==(const heater_state&) const = default;
};

struct head_position {
    std::optional<double> x_mm, y_mm, z_mm, e_mm;
    bool operator==(const head_position&) const = default;
};

struct job_state {
    std::string id;   // made by the print host, unique for this printer: "j-" and 16 hex digits
    std::string path; // "gcode/folder/name.gcode"
    std::optional<std::uint64_t> size_bytes;
    std::optional<std::uint64_t> done_bytes; // of the file, of lines the firmware acknowledged
    std::optional<double> progress;          // 0..1: by estimated time where known, else by bytes
    std::optional<double> elapsed_s;         // since the start, pauses left out
    std::optional<double> left_s;
    std::optional<int> layer, layers;
    std::optional<double> z_mm;
    std::uint64_t lines_acknowledged = 0;
    std::uint64_t resends = 0;
    // On a serial port: times that the printer would have taken a line and the file's next was not read yet,
    // and how long lines waited for their acknowledgement.
    std::uint64_t underruns = 0;
    std::optional<double> ack_p50_ms, ack_p95_ms;
    bool operator==(const job_state&) const = default;
};

struct attention {
    std::string kind; // "user_wait", "prompt", "runout", "notice", "takeover" (resume or cancel a held print)
    std::string text; // firmware text: hostile, show it as text only
    std::vector<std::string> buttons = {}; // of a prompt, in answer_prompt's order; hostile as well
    bool operator==(const attention&) const = default;
};

struct light_state {
    std::string name;
    std::optional<bool> on;
    bool operator==(const light_state&) const = default;
};

// A part of the plate that can be left out of a print.
struct print_object {
    std::string name;
    bool excluded = false, current = false;
    bool operator==(const print_object&) const = default;
};

// How far the head goes, mm in the printer's own coordinates; Z from 0.
struct travel_area {
    double x_min = 0, x_max = 0, y_min = 0, y_max = 0, z_max = 0;
    bool operator==(const travel_area&) const = default;
};

struct firmware_info {
    std::string name, machine, uuid;
    std::vector<std::string> capabilities;  // "AUTOREPORT_TEMP", those that M115 said :1
    std::optional<travel_area> travel = {}; // where M115 told it; told on among the capabilities
    bool operator==(const firmware_info&) const = default;
};

// Where a printer on a serial port is, once it has answered there.
struct port_state {
    std::string device; // "/dev/ttyUSB1": what the port's name stands for now
    unsigned baud = 0;
    bool found = false; // the baud rate was found by trying
    bool operator==(const port_state&) const = default;
};

struct printer_state {
    std::uint64_t sequence = 0; // grows by one with each change
    phase now = phase::offline;
    std::string reason;               // a sentence: why offline, paused, error; may be empty
    std::optional<printer_errc> away; // set while offline: what kind of away
    std::vector<heater_state> heaters;
    head_position position;
    std::string homed;                               // of "xyz"
    std::optional<double> fan;                       // 0..1
    std::optional<double> speed_factor, flow_factor; // of the file's; unknown until told or set
    std::optional<double> z_offset_mm;               // of babysteps since the printer started
    std::vector<light_state> lights;
    std::vector<print_object> objects; // of the current job
    std::optional<job_state> job;      // the current or the last one
    std::optional<firmware_info> firmware;
    std::optional<port_state> port;
    std::optional<attention> wants;
    // Why a print under way would not go on by itself after a crash of its print host; none: it would.
    std::optional<std::string> no_crash_resume;
    bool bed_clear = false; // a person (or a fresh installation) said so since the last job
    std::optional<std::uint64_t>
        age_ms; // since the last word from the printer; filled when the state is told

    bool operator==(const printer_state&) const = default;
};

// The wire form, the same on the print host's socket and in the events of the Plugin API; snake_case names as
// above, absent optionals are null. from_json throws nlohmann::json::exception on a wrong type and ignores
// unknown names.
void to_json(nlohmann::json& into, const printer_state& state);
void from_json(const nlohmann::json& from, printer_state& state);

} // namespace layerline::printer
