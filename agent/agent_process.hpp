// The running agent: opens what it needs, serves until told to stop. Stopping it touches no print.
#pragma once

#include "agent/configuration.hpp"
#include "agent/policy.hpp"
#include "commands/agent_parts.hpp"

#include <filesystem>
#include <memory>

namespace layerline::agent {

// Of the program, as documented in docs/configuration.md.
enum exit_code : int {
    exit_good = 0,
    exit_failed = 1,      // could not start, or was refused
    exit_bad_input = 2,   // command line, agent.toml or policy.toml
    exit_not_running = 3, // no agent answers on the control socket
};

struct run_options {
    configuration settings;
    policy owner;
    std::shared_ptr<const commands::log_source> log; // null: none is kept in memory
    std::filesystem::path state;                     // made with mode 0700 if it is not there
    std::filesystem::path
        ready_file; // if set: gets {"lan","agent_id","control","pid"} once everything listens
};

// Serves until SIGTERM or SIGINT. The same JSON as in the ready file goes to stdout, the log to stderr.
int run_agent(const run_options& options);

// The one-step re-key of a cloned or moved installation: a new key, so a new agent id, to be paired anew.
// Refused while an agent runs on this state; a running agent does it itself, see owner_desk::rekey().
int renew_key(const std::filesystem::path& state);

} // namespace layerline::agent
