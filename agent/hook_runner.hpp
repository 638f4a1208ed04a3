// Runs the owner's hooks: every executable of one folder, for each event, with JSON on its standard input. No
// shell, few at once, each with a time limit and a bound on what it may say.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::agent {

struct hook_limits {
    std::chrono::milliseconds time{30'000}; // then it is killed, with what it started
    std::size_t at_once = 2;
    std::size_t waiting = 64;     // further ones are not run
    std::size_t output = 4096;    // bytes of its output that are kept; the rest is read and dropped
    std::size_t executables = 32; // of the folder
};

struct hook_result {
    std::string name, event;
    std::optional<int> exit_code; // none: ended by a signal, or not begun
    bool timed_out = false;
    std::string fault;  // why it was not begun
    std::string output; // printable, lines joined by " | "
    std::chrono::milliseconds took{0};
};

// Why a file or folder is not trusted to be run; empty: it is. Links, files that are not executable, and what
// others than root or the agent's own user may change are not.
std::string hook_fault(const std::filesystem::path& what, bool folder);

// Used from one io_context, which must outlive it.
class hook_runner {
public:
    // `done` is told of each hook's end, once, and of each that was not run.
    hook_runner(transport::net::io_context& context, std::filesystem::path folder, hook_limits limits,
                std::function<void(const hook_result&)> done);
    ~hook_runner();
    hook_runner(const hook_runner&) = delete;
    hook_runner& operator=(const hook_runner&) = delete;

    // Looks into the folder anew, and runs what is there by the names' order. `json` is at most 48 KiB.
    void run(const std::string& event, std::string json);
    // Kills what runs and runs nothing more.
    void stop();

private:
    struct engine;
    std::shared_ptr<engine> engine_;
};

} // namespace layerline::agent
