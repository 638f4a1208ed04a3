// The running workshop: opens what it needs, serves until told to stop.
#pragma once

#include "workshop/service/configuration.hpp"

#include <filesystem>

namespace layerline::workshop {

struct run_options {
    configuration settings;
    std::filesystem::path state; // made with mode 0700 if it is not there
    std::filesystem::path
        ready_file; // if set: gets {"url","port","metrics","socket","control"} as JSON once all listens
};

// Serves until SIGTERM or SIGINT; returns the exit code: 0 stopped, 1 could not start (said on stderr).
int run_workshop(const run_options& options);

} // namespace layerline::workshop
