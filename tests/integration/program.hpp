// A real program under test: started, watched, signalled and ended by pid. Waits are on events with a
// deadline.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace layerline::tests {

using std::chrono::seconds;

// A folder of its own, removed with everything in it.
class temp_folder {
public:
    explicit temp_folder(const std::filesystem::path& where = "/tmp");
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Our programs' folder.
std::filesystem::path program_path(const std::string& name);

struct start_options {
    std::optional<uid_t> user;            // run as this user and group, without further groups (needs root)
    std::vector<std::string> environment; // NAME=VALUE, beside PATH and HOME
    std::optional<std::uint64_t> max_descriptors; // RLIMIT_NOFILE
};

// Starts on construction; killed (SIGKILL) and reaped on destruction if it still runs. stdout and stderr go
// to a file.
class program {
public:
    program(std::vector<std::string> argv, const std::filesystem::path& log, start_options options = {});
    ~program();
    program(program&& other) noexcept;
    program& operator=(program&&) = delete;
    program(const program&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    bool running() const;
    // The exit code (128 + signal if one ended it); fails the test after `patience`.
    int wait(seconds patience = seconds(20));
    // SIGTERM, then wait().
    int stop(seconds patience = seconds(20));
    std::string log() const;
    // Until `file` is there and not empty; fails the test when the program ends before or `patience` is over.
    void wait_for_file(const std::filesystem::path& file, seconds patience = seconds(20)) const;

private:
    std::optional<int> reap(int poll_ms);
    pid_t pid_ = -1;
    int pidfd_ = -1;
    std::optional<int> exit_code_;
    std::filesystem::path log_;
};

struct finished {
    int exit_code;
    std::string output; // stdout and stderr
};
// Runs a program to its end.
finished run(std::vector<std::string> argv, start_options options = {}, seconds patience = seconds(60));

std::string content_of(const std::filesystem::path& file);

} // namespace layerline::tests
