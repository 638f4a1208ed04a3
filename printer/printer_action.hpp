// What can be asked of a printer, under which terms, and what comes back. Plain data: the print host, which
// has no network, shares it with the links to it.
#pragma once

#include "printer/printer_error.hpp"
#include "printer/printer_state.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace layerline::printer {

// Paths are virtual ("gcode/cube.gcode"), confined by whoever opens them.
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
struct emergency_stop {};
using action = std::variant<start_job, pause_job, resume_job, cancel_job, home_axes, set_temperature,
                            confirm_bed_clear, emergency_stop>;

// Under which terms an action may be carried out. emergency_stop ignores all of them.
struct terms {
    std::optional<std::chrono::milliseconds> time_left; // counted by each hop; none: the link's own default
    std::optional<phase> expected_state;
    std::optional<std::string> expected_job;
    std::optional<std::string> idempotency_key; // 1-64 of [A-Za-z0-9_-]; kept on disk before execution
    std::string principal;                      // who asks, for the audit log
    std::string principal_name, peer;           // for the agent's audit log; told to nobody
};

struct performed {
    std::optional<std::string> job_id;
    std::string note;      // e.g. that the firmware did not confirm an emergency stop
    bool repeated = false; // the idempotency key was known: nothing was done now
};

struct link_capabilities {
    bool serial = false;           // driven by our own print host
    bool emergency_parser = false; // an emergency stop is read ahead of queued lines
    std::optional<double> max_tool_c, max_bed_c, max_chamber_c; // limits in force for remote heating
};

} // namespace layerline::printer
