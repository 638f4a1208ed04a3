// The print host's configuration: command line over file over defaults, checked before anything starts.
#pragma once

#include "printer/serial/host_core.hpp"
#include "printer/serial/line_policy.hpp"

#include <string>

namespace layerline::printer::serial {

struct host_config {
    std::string port, socket, files, state;
    std::string journal = "/dev/shm";            // a folder in memory
    std::string firmware;                        // its family by name; empty: by what it says
    std::string sysfs = "/sys";                  // where the system describes its USB devices
    unsigned baud = 115200;                      // 0: "auto"
    bool check_only = false, supervised = false; // the latter: by a supervisor of our own
    host_settings host;
    hard_limits file_limits;
    machine_settings machine;
};

// Reads the arguments and the file that --config names. A failure is a text for stderr ("FILE:LINE: ..." for
// what is wrong in the file), or for stdout with `code` 0 when help or version was asked.
struct config_end {
    int code = 0;
    std::string text;
};
boost::system::result<host_config, config_end> read_host_config(int argc, char** argv);

[[noreturn]] inline void throw_exception_from_error(const config_end& end, const boost::source_location&)
{
    throw std::logic_error("value() of a configuration that failed: " + end.text);
}

// The TOML text on its own; unknown keys are errors.
boost::system::result<void, config_end> read_host_toml(std::string_view text, const std::string& name,
                                                       host_config& into);

} // namespace layerline::printer::serial
