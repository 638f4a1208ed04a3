// The running relay: opens what it needs, serves until told to stop.
#pragma once

#include "relay/configuration.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace layerline::relay {

struct run_options {
    configuration settings;
    std::filesystem::path state;      // made with mode 0700 if it is not there
    std::filesystem::path ready_file; // if set: gets {"url","port","control"} as JSON once everything listens
};

// Serves until SIGTERM or SIGINT; returns the exit code: 0 stopped, 1 could not start (said on stderr).
int run_relay(const run_options& options);

} // namespace layerline::relay
