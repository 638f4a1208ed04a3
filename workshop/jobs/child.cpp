#include "workshop/jobs/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_input = 48UL * 1024; // fits a pipe, so that writing it never waits
constexpr int low_priority = 10;

model_failure not_started(int code)
{
    return {model_errc::operation_not_started,
            "The operation's process could not be started: " + std::generic_category().message(code) + "."};
}

struct pipe_ends {
    owned_descriptor read, write;
};

bool make_pipe(pipe_ends& into)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    into.read = owned_descriptor(ends[0]);
    into.write = owned_descriptor(ends[1]);
    return true;
}

} // namespace

model_result<child> begin_child(const std::vector<std::string>& argv, const std::string& input)
{
    pipe_ends in, out;
    if (!make_pipe(in) || !make_pipe(out)) return not_started(errno);
    if (input.size() > most_input) return not_started(E2BIG);
    if (::write(in.write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()))
        return not_started(errno);
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
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
    auto words = argv;
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::string way = "PATH=/usr/bin:/bin", language = "LC_ALL=C.UTF-8";
    std::array<char*, 3> environment{way.data(), language.data(), nullptr};
    child process;
    const int code = ::posix_spawn(&process.pid, words.front().c_str(), &actions, &attributes,
                                   pointers.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (code != 0) return not_started(code);
    // Requests and prints on this machine go first.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(process.pid), low_priority);
    process.end = owned_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    process.output = std::move(out.read);
    if (process.end.get() >= 0) return process;
    const int why = errno;
    ::kill(-process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
    return not_started(why);
}

void keep_to_one_core(pid_t process)
{
    constexpr int lowest_priority = 19;
    cpu_set_t may{};
    if (::sched_getaffinity(0, sizeof(may), &may) != 0) return;
    int last = CPU_SETSIZE - 1; // the first ones have most of the interrupts
    while (last > 0 && !CPU_ISSET(static_cast<std::size_t>(last), &may))
        --last;
    cpu_set_t one{};
    CPU_SET(static_cast<std::size_t>(last), &one);
    // Twice: a thread that another one began meanwhile is there at the second look.
    for (int look = 0; look < 2; ++look) {
        std::error_code fault;
        std::filesystem::directory_iterator tasks("/proc/" + std::to_string(process) + "/task", fault);
        for (; !fault && tasks != std::filesystem::directory_iterator(); tasks.increment(fault)) {
            const auto thread = std::atoi(tasks->path().filename().c_str()); // NOLINT(cert-err34-c): digits
            (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), lowest_priority);
            (void)::sched_setaffinity(thread, sizeof(one), &one);
        }
    }
}

child_end reap(const child& process)
{
    // Before it is waited for, the number is its own.
    ::kill(-process.pid, SIGKILL);
    child_end end;
    siginfo_t how{};
    if (::waitid(P_PID, static_cast<id_t>(process.pid), &how, WEXITED) != 0) return end;
    if (how.si_code == CLD_EXITED)
        end.exit_code = how.si_status;
    else
        end.signal = how.si_status;
    return end;
}

} // namespace layerline::workshop
