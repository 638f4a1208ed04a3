// What some printers tell beside their state: past jobs, cameras, power devices, macros, console lines, the
// bed's mesh. Plain data; every text in it is a stranger's and is shown as text only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace layerline::printer {

struct past_job {
    std::string id;     // as in job_state
    std::string path;   // "gcode/…"
    std::string status; // "in_progress", "completed", "cancelled", "error", "klippy_shutdown" … the keeper's
                        // own words
    bool file_exists = false; // and has not changed since
    std::optional<double> started_unix, ended_unix;
    std::optional<double> print_s; // from the first extrusion, pauses left out
    std::optional<double> total_s; // from the start of heating
    std::optional<double> filament_mm;
    bool operator==(const past_job&) const = default;
};
struct job_page {
    std::vector<past_job> jobs; // the newest first
    std::uint64_t total = 0;    // of all there are, as far as the keeper tells
};

struct webcam {
    std::string uid, name, location;
    std::string service;      // "mjpegstreamer", "webrtc-camerastreamer" …
    std::string stream_url;   // whole, or a path on the printer's host
    std::string snapshot_url; // likewise; empty: it has none
    std::string aspect_ratio; // "4:3"
    bool enabled = true;
    bool flip_horizontal = false, flip_vertical = false;
    int rotation_degrees = 0; // 0, 90, 180 or 270, clockwise
    std::optional<int> target_fps;
    bool operator==(const webcam&) const = default;
};

struct power_device {
    std::string name, kind;
    std::optional<bool> on; // unknown while it is starting, or broken
    std::string status;     // "on", "off", "init", "error"
    bool locked_while_printing = false;
    bool operator==(const power_device&) const = default;
};

struct macro_parameter {
    std::string name, standard; // upper case; the value where none is given, empty: not known
    bool operator==(const macro_parameter&) const = default;
};
struct macro_info {
    std::string name, description;
    std::vector<macro_parameter> parameters; // those that its text reads
    bool operator==(const macro_info&) const = default;
};

struct console_line {
    std::uint64_t number = 0; // from 1 on, never used again by this agent
    std::chrono::steady_clock::time_point heard;
    std::string text; // printable
};
struct console_page {
    std::vector<console_line> lines; // the oldest first
    std::uint64_t newest = 0;        // the number of the newest line there is; 0: none yet
    bool missed = false;             // lines between `after` and the first of these are gone
};

struct bed_mesh {
    std::string profile;
    double min_x_mm = 0, min_y_mm = 0, max_x_mm = 0, max_y_mm = 0;
    std::vector<std::vector<double>> heights_mm; // rows from the lowest Y up, each from the lowest X up
};

} // namespace layerline::printer
