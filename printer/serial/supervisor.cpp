#include "printer/serial/supervisor.hpp"

#include "printer/serial/descriptor_store.hpp"
#include "printer/serial/host_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct child {
    pid_t pid = -1;
    owned_fd exits; // readable when it has ended
    bool ready = false, stopping = false;
    clock::time_point alive{};
};

class supervision {
public:
    explicit supervision(const supervisor_settings& settings) : settings_(settings) {}

    int run();

private:
    bool prepare();
    bool start();
    [[noreturn]] void become_child();
    void read_news();
    std::optional<int> reap();
    void pass_on_signal();
    int wait_time() const;

    const supervisor_settings& settings_;
    owned_fd socket_, signals_;
    std::string address_; // of socket_, as NOTIFY_SOCKET has it
    sigset_t before_{};
    descriptor_store store_;
    child child_;
    unsigned failed_starts_ = 0;
    bool ending_ = false, ever_ready_ = false;
    std::optional<clock::time_point> start_at_;
};

bool supervision::prepare()
{
    socket_ = owned_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // A name of the kernel's choice, in no folder. Anybody may write to it, so who wrote is looked at.
    socklen_t size = sizeof(sa_family_t);
    const int on = 1;
    if (!socket_ || ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        return false;
    size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
    address_ = '@' + std::string(address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1);
    sigset_t handled;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &handled, &before_);
    signals_ = owned_fd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
    return static_cast<bool>(signals_);
}

void supervision::become_child()
{
    // Nothing of ours allocates before a fork: there is one thread.
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    const auto& kept = store_.all();
    // Up, out of the way of the places where they belong, then down.
    std::vector<int> high;
    high.reserve(kept.size());
    for (const auto& one : kept)
        high.push_back(::fcntl(one.fd.get(), F_DUPFD_CLOEXEC, 64));
    std::string names;
    int at = 3;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (high[i] < 0 || ::dup2(high[i], at) < 0) continue;
        names += (names.empty() ? "" : ":") + kept[i].name;
        ++at;
    }
    ::setenv("NOTIFY_SOCKET", address_.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
    ::unsetenv("WATCHDOG_PID");                     // NOLINT(concurrency-mt-unsafe)
    const std::string micros = std::to_string(settings_.watchdog.count() * 1000);
    ::setenv("WATCHDOG_USEC", micros.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    if (at > 3) {
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1); // NOLINT(concurrency-mt-unsafe)
        ::setenv("LISTEN_FDS", std::to_string(at - 3).c_str(), 1);     // NOLINT(concurrency-mt-unsafe)
        ::setenv("LISTEN_FDNAMES", names.c_str(), 1);                  // NOLINT(concurrency-mt-unsafe)
    }
    std::vector<char*> argv;
    for (const auto& word : settings_.argv)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
}

bool supervision::start()
{
    start_at_.reset();
    store_.drop_hung_up();
    const pid_t pid = ::fork();
    if (pid == 0) become_child();
    if (pid < 0) return false;
    child_ = {};
    child_.pid = pid;
    child_.exits = owned_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    child_.alive = clock::now();
    return true;
}

void supervision::read_news()
{
    for (;;) {
        std::array<char, 4096> text{};
        iovec part{text.data(), text.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(8 * sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
        if (got < 0) return;
        std::vector<owned_fd> with;
        pid_t from = -1;
        for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
            if (one->cmsg_level != SOL_SOCKET) continue;
            if (one->cmsg_type == SCM_CREDENTIALS) {
                ucred peer{};
                std::memcpy(&peer, CMSG_DATA(one), sizeof peer);
                from = peer.pid;
            } else if (one->cmsg_type == SCM_RIGHTS) {
                const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (std::size_t i = 0; i < count; ++i) {
                    int fd = -1;
                    std::memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
                    with.emplace_back(fd);
                }
            }
        }
        if (from != child_.pid) continue;
        const auto news = store_.take({text.data(), static_cast<std::size_t>(got)}, std::move(with));
        if (news.ready || news.alive) child_.alive = clock::now();
        child_.stopping = child_.stopping || news.stopping;
        if (!news.ready) continue;
        child_.ready = ever_ready_ = true;
        failed_starts_ = 0;
        notify_service("READY=1"); // to whoever supervises us
    }
}

void supervision::pass_on_signal()
{
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
    ending_ = true;
    start_at_.reset();
    if (child_.pid > 0) ::kill(child_.pid, SIGTERM);
}

// The child's exit code, when all is over with it.
std::optional<int> supervision::reap()
{
    int status = 0;
    if (::waitpid(child_.pid, &status, WNOHANG) != child_.pid) return std::nullopt;
    read_news(); // what it said last
    const bool ended = WIFEXITED(status);
    const int code = ended ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    const bool was_ready = child_.ready;
    const bool meant = child_.stopping && ended;
    child_ = {};
    if (ending_ || meant || (ended && !ever_ready_)) return code;
    log_warning("the print host died (" +
                (ended ? "code " + std::to_string(code) : "signal " + std::to_string(code - 128)) +
                "); a successor is started");
    if (!was_ready) ++failed_starts_;
    start_at_ = clock::now() + wait_before_start(failed_starts_, settings_.longest_wait);
    return std::nullopt;
}

int supervision::wait_time() const
{
    std::optional<clock::time_point> until;
    if (start_at_) until = start_at_;
    if (child_.pid > 0) until = child_.alive + settings_.watchdog;
    if (!until) return -1;
    const auto left = std::chrono::ceil<milliseconds>(*until - clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

int supervision::run()
{
    if (!prepare()) {
        log_error("the supervisor cannot be set up: " + std::string(std::strerror(errno))); // NOLINT
        return 1;
    }
    start_at_ = clock::now();
    for (;;) {
        if (start_at_ && clock::now() >= *start_at_ && !start()) {
            ++failed_starts_;
            start_at_ = clock::now() + wait_before_start(failed_starts_, settings_.longest_wait);
        }
        std::array<pollfd, 3> waits{{{socket_.get(), POLLIN, 0},
                                     {signals_.get(), POLLIN, 0},
                                     {child_.exits ? child_.exits.get() : -1, POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), wait_time());
        if (waits[0].revents != 0) read_news();
        if (waits[1].revents != 0) pass_on_signal();
        if (child_.pid > 0)
            if (const auto code = reap()) return *code;
        if (ending_ && child_.pid < 0) return 0;
        if (child_.pid > 0 && !ending_ && clock::now() - child_.alive >= settings_.watchdog) {
            log_warning("the print host gives no sign of life; it is killed");
            ::kill(child_.pid, SIGKILL);
            child_.alive = clock::now();
        }
    }
}

} // namespace

std::chrono::milliseconds wait_before_start(unsigned failed_starts, std::chrono::milliseconds longest)
{
    if (failed_starts == 0) return milliseconds(0);
    return std::min(longest, milliseconds(100) * (1U << std::min(failed_starts - 1, 10U)));
}

int supervise(const supervisor_settings& settings)
{
    return supervision(settings).run();
}

} // namespace layerline::printer::serial
