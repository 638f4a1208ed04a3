#include "program.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace layerline::tests {

namespace {

int left_ms(std::chrono::steady_clock::time_point until)
{
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

[[noreturn]] void become(const std::vector<std::string>& argv, const std::filesystem::path& log,
                         const start_options& options)
{
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::close_range(3, ~0U, 0);
    if (options.max_descriptors) {
        const rlimit limit{*options.max_descriptors, *options.max_descriptors};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (options.user &&
        (::setgroups(0, nullptr) != 0 || ::setgid(*options.user) != 0 || ::setuid(*options.user) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG,
            SIGKILL); // nothing is left running when a test program dies; lost by setuid before
    std::vector<std::string> environment = options.environment;
    for (const auto* name : {"PATH", "HOME", "TSAN_OPTIONS", "ASAN_OPTIONS"})
        if (const auto* value = ::getenv(name)) environment.push_back(std::string(name) + "=" + value);
    std::vector<char*> argument, variable;
    for (const auto& text : argv)
        argument.push_back(const_cast<char*>(text.c_str()));
    for (const auto& text : environment)
        variable.push_back(const_cast<char*>(text.c_str()));
    argument.push_back(nullptr);
    variable.push_back(nullptr);
    ::execvpe(argument[0], argument.data(), variable.data());
    ::_exit(127);
}

} // namespace

temp_folder::temp_folder(const std::filesystem::path& where)
{
    std::string name = where / "layerline-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    ::chmod(name.c_str(), 0755);
}

temp_folder::~temp_folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path program_path(const std::string& name)
{
    return std::filesystem::path(LAYERLINE_BIN_DIR) / name;
}

program::program(std::vector<std::string> argv, const std::filesystem::path& log, start_options options)
    : log_(log)
{
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) become(argv, log, options);
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    REQUIRE(pidfd_ >= 0);
}

program::program(program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::exchange(other.pidfd_, -1)),
      exit_code_(std::exchange(other.exit_code_, std::nullopt)), log_(std::move(other.log_))
{
}

program::~program()
{
    if (pid_ > 0 && !exit_code_) {
        ::kill(pid_, SIGKILL);
        (void)reap(-1);
    }
    if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<int> program::reap(int poll_ms)
{
    if (exit_code_) return exit_code_;
    pollfd ended{pidfd_, POLLIN, 0};
    if (::poll(&ended, 1, poll_ms) <= 0) return std::nullopt;
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

void program::signal(int number) const
{
    if (!exit_code_) ::kill(pid_, number);
}

bool program::running() const
{
    pollfd ended{pidfd_, POLLIN, 0};
    return !exit_code_ && ::poll(&ended, 1, 0) == 0;
}

int program::wait(seconds patience)
{
    const auto code = reap(static_cast<int>(std::chrono::milliseconds(patience).count()));
    INFO("the log:\n" << log());
    REQUIRE(code.has_value());
    return *code;
}

int program::stop(seconds patience)
{
    signal(SIGTERM);
    return wait(patience);
}

std::string program::log() const
{
    return content_of(log_);
}

void program::wait_for_file(const std::filesystem::path& file, seconds patience) const
{
    const auto until = std::chrono::steady_clock::now() + patience;
    const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    REQUIRE(watch >= 0);
    ::inotify_add_watch(watch, file.parent_path().c_str(), IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
    struct stat facts {};
    bool there = false, ended = false;
    while (!(there = ::stat(file.c_str(), &facts) == 0 && (facts.st_size > 0 || !S_ISREG(facts.st_mode))) &&
           !ended) {
        pollfd either[2]{{watch, POLLIN, 0}, {pidfd_, POLLIN, 0}};
        if (::poll(either, 2, left_ms(until)) <= 0) break;
        ended = (either[1].revents & POLLIN) != 0;
        char events[4096];
        while (::read(watch, events, sizeof events) > 0) {
        }
    }
    ::close(watch);
    INFO("waited for " << file << "; the log:\n" << log());
    REQUIRE(there);
}

finished run(std::vector<std::string> argv, start_options options, seconds patience)
{
    temp_folder folder;
    ::chmod(folder.path().c_str(), 0777);
    program once(std::move(argv), folder.path() / "log", std::move(options));
    const int code = once.wait(patience);
    return {code, once.log()};
}

std::string content_of(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace layerline::tests
