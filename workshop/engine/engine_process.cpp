#include "workshop/engine/engine_process.hpp"

#include "workshop/jobs/child.hpp"
#include "workshop/jobs/file_confinement.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

using clock = std::chrono::steady_clock;

constexpr int exit_not_there = 127, exit_not_confined = 126;
constexpr std::size_t most_output = 16UL * 1024; // the end of what it said
constexpr std::chrono::seconds version_time{20};

slice_failure failed(std::string text)
{
    return {slice_errc::internal, {}, std::move(text)};
}

struct run_result {
    int status = 0;
    bool in_time = true;
    std::string output; // its end
};

// What it says, line by line for progress, the end of it kept.
class listener {
public:
    explicit listener(const std::function<void(double)>& progress) : progress_(progress) {}

    void take(std::string_view bytes)
    {
        output_ += bytes;
        line_ += bytes;
        for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
            if (const auto share = engine_progress(std::string_view(line_).substr(0, end));
                share && progress_) {
                furthest_ = std::max(furthest_, *share);
                progress_(furthest_);
            }
            line_.erase(0, end + 1);
        }
        if (line_.size() > most_output) line_.clear();
        if (output_.size() > 2 * most_output) output_.erase(0, output_.size() - most_output);
    }
    std::string output() { return std::move(output_); }

private:
    const std::function<void(double)>& progress_;
    std::string output_, line_;
    double furthest_ = 0;
};

[[noreturn]] void become(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                         const job_limits& limits, int output)
{
    // All that needs memory, before that is bounded.
    auto words = argv;
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::string way = "PATH=/usr/bin:/bin", language = "LC_ALL=C.UTF-8", home = "HOME=" + folder.string(),
                temporary = "TMPDIR=" + folder.string();
    std::array<char*, 5> environment{way.data(), language.data(), home.data(), temporary.data(), nullptr};
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    if (::chdir(folder.c_str()) != 0) std::_Exit(exit_not_confined);
    if (const auto confined = confine_program(folder); !confined.refused.empty()) {
        std::fprintf(stderr, "%s\n", confined.refused.c_str());
        std::_Exit(exit_not_confined);
    }
    if (const auto refused = enter_program_sandbox(limits); !refused.empty()) {
        std::fprintf(stderr, "%s\n", refused.c_str());
        std::_Exit(exit_not_confined);
    }
    ::execve(pointers.front(), pointers.data(), environment.data());
    std::_Exit(exit_not_there);
}

bool ends_by(pid_t process, clock::time_point deadline)
{
    const owned_descriptor watch(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (watch.get() < 0) return true; // before Linux 5.3: waited for without a limit
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
        pollfd ended{watch.get(), POLLIN, 0};
        const int ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) return true;
    }
}

std::optional<run_result> run(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                              const job_limits& limits, std::chrono::seconds time,
                              const std::function<void(double)>& progress)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    owned_descriptor from(ends[0]), to(ends[1]);
    std::fflush(stdout);
    const auto process = ::fork();
    if (process < 0) return std::nullopt;
    if (process == 0) become(argv, folder, limits, to.get());
    to = owned_descriptor();
    run_result ended;
    listener hears(progress);
    const auto deadline = clock::now() + time;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
        pollfd watched{from.get(), POLLIN, 0};
        const int ready = left.count() <= 0 ? 0 : ::poll(&watched, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            ended.in_time = false;
            ::kill(process, SIGKILL);
            break;
        }
        std::array<char, 4096> part{};
        const auto got = ::read(from.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        hears.take({part.data(), static_cast<std::size_t>(got)});
    }
    // One that has closed its output and goes on has no more time than any other.
    if (ended.in_time && !ends_by(process, deadline)) {
        ended.in_time = false;
        ::kill(process, SIGKILL);
    }
    while (::waitpid(process, &ended.status, 0) < 0 && errno == EINTR) {
    }
    ended.output = hears.output();
    return ended;
}

std::string with_words(std::string text, const std::string& output)
{
    const auto words = engine_words(output);
    return words.empty() ? text + "." : text + ": " + words;
}

} // namespace

slice_result<void> run_engine(const engine_call& call)
{
    if (::access(call.program.c_str(), X_OK) != 0)
        return failed("G-code is made by PrusaSlicer, which is not installed: install the package "
                      "prusa-slicer, or name its program as slicing.engine in workshop.toml.");
    const std::vector<std::string> argv{call.program,
                                        "--datadir",
                                        (call.folder / "engine").string(),
                                        "--load",
                                        (call.folder / settings_file).string(),
                                        "--dont-arrange",
                                        "--export-gcode",
                                        "--output",
                                        (call.folder / engine_gcode_file).string(),
                                        (call.folder / project_file).string()};
    const auto ended = run(argv, call.folder, call.limits, call.time, call.progress);
    if (!ended) return failed("The engine could not be begun.");
    if (!ended->in_time)
        return failed("The engine took longer than the " + std::to_string(call.time.count()) +
                      " s that it may.");
    if (WIFSIGNALED(ended->status) && WTERMSIG(ended->status) == SIGXCPU)
        return failed("The engine needed more CPU time than it may have.");
    if (ended->status != 0 && lacks_memory(ended->output))
        return failed(with_words("The engine seems to need more than the " +
                                     std::to_string(call.limits.memory_bytes / 1024 / 1024) +
                                     " MB of memory that a job may have (jobs.memory_mb)",
                                 ended->output));
    if (WIFSIGNALED(ended->status)) {
        const int signal = WTERMSIG(ended->status);
        return failed(
            with_words("The engine crashed (signal " + std::to_string(signal) + ")", ended->output));
    }
    const int code = WEXITSTATUS(ended->status);
    if (code != 0)
        return failed(with_words("The engine refused it (" + std::to_string(code) + ")", ended->output));
    std::error_code fault;
    if (!std::filesystem::is_regular_file(call.folder / engine_gcode_file, fault))
        return failed(with_words("The engine wrote no G-code", ended->output));
    return {};
}

std::string ask_engine_version(const std::string& program)
{
    if (::access(program.c_str(), X_OK) != 0) return {};
    const auto said = run({program, "--help"}, "/", {}, version_time, {});
    if (!said || !said->in_time) return {};
    return engine_version_in(said->output);
}

} // namespace layerline::workshop
