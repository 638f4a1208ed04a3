// Processes by posix_spawn in groups of their own, their ends by pidfd, their output by a pipe.
#include "agent/hook_runner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace layerline::agent {

namespace net = transport::net;
using transport::clock;
using transport::task;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
using watched_descriptor = net::posix::basic_stream_descriptor<net::io_executor>;
constexpr std::size_t most_json = 48UL * 1024; // fits a pipe, so that writing it never waits

std::string words_of(int code)
{
    return std::generic_category().message(code);
}

// A descriptor that ends with its owner.
class own_descriptor {
public:
    explicit own_descriptor(int fd = -1) : fd_(fd) {}
    own_descriptor(own_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    own_descriptor& operator=(own_descriptor&& other) noexcept
    {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    own_descriptor(const own_descriptor&) = delete;
    own_descriptor& operator=(const own_descriptor&) = delete;
    ~own_descriptor() { reset(); }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_;
};

struct pipe_ends {
    own_descriptor read, write;
};

std::optional<pipe_ends> make_pipe()
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    return pipe_ends{own_descriptor(ends[0]), own_descriptor(ends[1])};
}

struct child {
    pid_t pid = -1;
    own_descriptor end, output; // readable when it has ended; what it says
};

// The process, or why there is none.
std::string begin(const std::filesystem::path& file, const std::string& event, const std::string& json,
                  child& into)
{
    auto in = make_pipe(), out = make_pipe();
    if (!in || !out) return words_of(errno);
    // All of it before the process is there: a hook that reads nothing holds nobody up.
    if (::write(in->write.get(), json.data(), json.size()) != static_cast<ssize_t>(json.size()))
        return words_of(errno);
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, in->read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out->write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out->write.get(), STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions, "/");
    sigset_t none{}, all{};
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(
        &attributes,
        static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    std::string path = file.string(), name = event;
    std::array<char*, 3> argv{path.data(), name.data(), nullptr};
    std::string way = "PATH=/usr/local/bin:/usr/bin:/bin", language = "LC_ALL=C.UTF-8";
    std::array<char*, 3> environment{way.data(), language.data(), nullptr};
    const int code =
        ::posix_spawn(&into.pid, path.c_str(), &actions, &attributes, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (code != 0) return words_of(code);
    into.end = own_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, into.pid, 0)));
    into.output = std::move(out->read);
    if (into.end.get() >= 0) return {};
    const int why = errno;
    ::kill(-into.pid, SIGKILL);
    ::waitpid(into.pid, nullptr, 0);
    return words_of(why);
}

std::string shown(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += " | ";
        else
            out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return out;
}

} // namespace

std::string hook_fault(const std::filesystem::path& what, bool folder)
{
    struct stat about {};
    if (::lstat(what.c_str(), &about) != 0) return words_of(errno);
    if (folder ? !S_ISDIR(about.st_mode) : !S_ISREG(about.st_mode))
        return folder ? "it is no folder" : "it is no plain file";
    if (about.st_uid != 0 && about.st_uid != ::geteuid()) return "it belongs to another user";
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
    if (!folder && (about.st_mode & S_IXUSR) == 0) return "it is not executable";
    return {};
}

struct hook_runner::engine : std::enable_shared_from_this<hook_runner::engine> {
    engine(net::io_context& c, std::filesystem::path where, hook_limits all,
           std::function<void(const hook_result&)> told)
        : context(c), folder(std::move(where)), limits(all), done(std::move(told))
    {
    }
    struct waiting_hook {
        std::filesystem::path file;
        std::string event;
        std::shared_ptr<const std::string> json;
    };
    net::io_context& context;
    std::filesystem::path folder;
    hook_limits limits;
    std::function<void(const hook_result&)> done;
    std::deque<waiting_hook> queue;
    std::set<pid_t> running;
    std::size_t begun = 0;
    bool stopped = false;

    void tell_fault(const std::string& name, const std::string& event, std::string why)
    {
        hook_result result;
        result.name = name;
        result.event = event;
        result.fault = std::move(why);
        if (done) done(result);
    }

    void run(const std::string& event, std::string json)
    {
        if (stopped) return;
        if (auto why = hook_fault(folder, true); !why.empty())
            return tell_fault(folder.string(), event, std::move(why));
        if (json.size() > most_json)
            return tell_fault(folder.string(), event, "the event is too large to be told");
        std::vector<std::filesystem::path> files;
        std::error_code fault;
        for (std::filesystem::directory_iterator at(folder, fault), end; !fault && at != end;
             at.increment(fault))
            if (!at->path().filename().string().starts_with('.')) files.push_back(at->path());
        std::sort(files.begin(), files.end());
        if (files.size() > limits.executables) files.resize(limits.executables);
        const auto shared = std::make_shared<const std::string>(std::move(json));
        for (auto& file : files) {
            if (auto why = hook_fault(file, false); !why.empty())
                tell_fault(file.filename().string(), event, std::move(why));
            else if (queue.size() >= limits.waiting)
                tell_fault(file.filename().string(), event, "too many hooks wait already");
            else
                queue.push_back({std::move(file), event, shared});
        }
        go_on();
    }

    void go_on()
    {
        while (!stopped && begun < limits.at_once && !queue.empty()) {
            auto next = std::move(queue.front());
            queue.pop_front();
            ++begun;
            auto one = see_through(shared_from_this(), std::move(next));
            net::co_spawn(context, std::move(one), net::detached);
        }
    }

    static task<void> read_output(watched_descriptor& from, std::string& into, std::size_t most)
    {
        std::array<char, 4096> part{};
        for (;;) {
            const auto [code, count] = co_await from.async_read_some(net::buffer(part), as_tuple);
            if (code) break;
            into.append(part.data(), std::min(count, most - into.size()));
        }
        // Its end is the process' end, not this: until then there is just nothing more to hear.
        net::steady_timer never(from.get_executor(), clock::time_point::max());
        co_await never.async_wait(as_tuple);
    }

    static task<bool> ended(watched_descriptor& end)
    {
        co_await end.async_wait(watched_descriptor::wait_read, as_tuple);
        co_return true;
    }

    static task<bool> time_over(net::steady_timer& timer)
    {
        co_await timer.async_wait(as_tuple);
        co_return false;
    }

    static task<void> see_through(std::shared_ptr<engine> self, waiting_hook what)
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        const auto since = clock::now();
        hook_result result;
        result.name = what.file.filename().string();
        result.event = what.event;
        child process;
        result.fault = begin(what.file, what.event, *what.json, process);
        if (result.fault.empty()) {
            self->running.insert(process.pid);
            watched_descriptor end(self->context, process.end.release());
            watched_descriptor output(self->context, process.output.release());
            net::steady_timer timer(self->context, since + self->limits.time);
            const auto first = co_await (ended(end) || time_over(timer) ||
                                         read_output(output, result.output, self->limits.output));
            result.timed_out = first.index() == 1;
            // Also what it left running: a hook's work ends with it. Before it is waited for, the number is
            // its own.
            ::kill(-process.pid, SIGKILL);
            if (result.timed_out) co_await ended(end);
            siginfo_t how{};
            if (::waitid(P_PID, static_cast<id_t>(process.pid), &how, WEXITED) == 0 &&
                how.si_code == CLD_EXITED && !result.timed_out)
                result.exit_code = how.si_status;
            self->running.erase(process.pid);
            // What it said last may still be in the pipe.
            std::array<char, 4096> part{};
            output.non_blocking(true);
            for (;;) {
                transport::error_code code;
                const auto count = output.read_some(net::buffer(part), code);
                if (code || count == 0) break;
                result.output.append(part.data(),
                                     std::min(count, self->limits.output - result.output.size()));
            }
        }
        result.output = shown(std::move(result.output));
        result.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - since);
        --self->begun;
        if (self->done) self->done(result);
        self->go_on();
    }
};

hook_runner::hook_runner(net::io_context& context, std::filesystem::path folder, hook_limits limits,
                         std::function<void(const hook_result&)> done)
    : engine_(std::make_shared<engine>(context, std::move(folder), limits, std::move(done)))
{
}

hook_runner::~hook_runner()
{
    stop();
}

void hook_runner::run(const std::string& event, std::string json)
{
    engine_->run(event, std::move(json));
}

void hook_runner::stop()
{
    engine_->stopped = true;
    engine_->queue.clear();
    engine_->done = {};
    for (const auto pid : engine_->running)
        ::kill(-pid, SIGKILL);
}

} // namespace layerline::agent
