#include "traced_calls.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include <csignal>
#include <elf.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

namespace layerline::tests {

using clock = std::chrono::steady_clock;

namespace {

std::string name_of(pid_t program, pid_t thread)
{
    std::ifstream file("/proc/" + std::to_string(program) + "/task/" + std::to_string(thread) + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
}

std::vector<pid_t> threads_of(pid_t program)
{
    std::vector<pid_t> all;
    std::error_code gone;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(program) + "/task", gone))
        all.push_back(static_cast<pid_t>(std::stoi(entry.path().filename())));
    return all;
}

long request(int what, pid_t thread, unsigned long data = 0)
{
    return ::ptrace(static_cast<__ptrace_request>(what), thread, nullptr, data);
}

// What happened to the thread, as waitpid() tells it; 0 when nothing did, -1 when it is gone. The end of a
// program is left to whoever started it.
pid_t next_stop(pid_t thread, bool leader, int& status)
{
    if (!leader) return ::waitpid(thread, &status, __WALL | WNOHANG);
    siginfo_t about{};
    if (::waitid(P_PID, static_cast<id_t>(thread), &about, WSTOPPED | WNOHANG | __WALL) != 0) return -1;
    status = about.si_status << 8 | 0x7f;
    return about.si_pid;
}

// The call that is being entered is none.
void skip_call(pid_t thread)
{
#if defined(__x86_64__)
    user_regs_struct all{};
    ::ptrace(PTRACE_GETREGS, thread, nullptr, &all);
    all.orig_rax = ~0ULL;
    ::ptrace(PTRACE_SETREGS, thread, nullptr, &all);
#elif defined(__aarch64__)
    int none = -1;
    iovec where{&none, sizeof none};
    ::ptrace(PTRACE_SETREGSET, thread, NT_ARM_SYSCALL, &where);
#endif
}

// What the call that is done gives back.
void set_result(pid_t thread, long result)
{
#if defined(__x86_64__)
    user_regs_struct all{};
    ::ptrace(PTRACE_GETREGS, thread, nullptr, &all);
    all.rax = static_cast<unsigned long long>(result);
    ::ptrace(PTRACE_SETREGS, thread, nullptr, &all);
#elif defined(__aarch64__)
    user_regs_struct all{};
    iovec where{&all, sizeof all};
    ::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &where);
    all.regs[0] = static_cast<unsigned long long>(result);
    ::ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &where);
#endif
}

} // namespace

struct traced_calls::tracee {
    bool held = false;
    clock::time_point until{};
    int error = 0; // of the call that is under way
    unsigned long number = 0;
};

traced_calls::traced_calls(pid_t program, std::set<std::string> names, call_judge judge)
    : judge_(std::move(judge)), thread_([this, program, wanted = std::move(names)] { run(program, wanted); })
{
    ready_.wait(0);
    works_ = ready_ == 1;
}

traced_calls::~traced_calls()
{
    ending_ = true;
    thread_.join(); // the kernel lets go of what a thread traced when it ends
}

void traced_calls::run(pid_t program, const std::set<std::string>& names)
{
    std::map<pid_t, tracee> all;
    for (const pid_t thread : threads_of(program)) {
        if (!names.empty() && !names.contains(name_of(program, thread))) continue;
        if (request(PTRACE_SEIZE, thread, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE) != 0) continue;
        request(PTRACE_INTERRUPT, thread);
        all[thread];
    }
    ready_ = all.empty() ? -1 : 1;
    ready_.notify_all();
    while (!ending_ && !all.empty()) {
        bool news = false;
        for (auto each = all.begin(); each != all.end();) {
            auto& [thread, state] = *each;
            if (state.held) {
                if (clock::now() >= state.until) {
                    state.held = false;
                    request(PTRACE_SYSCALL, thread);
                }
                ++each;
                continue;
            }
            int status = 0;
            const pid_t told = next_stop(thread, thread == program, status);
            if (told < 0 || (told == thread && !WIFSTOPPED(status))) {
                each = all.erase(each);
                continue;
            }
            if (told != thread) {
                ++each;
                continue;
            }
            news = true;
            int deliver = 0;
            if (status >> 8U == (SIGTRAP | PTRACE_EVENT_CLONE << 8U)) {
                unsigned long child = 0;
                ::ptrace(PTRACE_GETEVENTMSG, thread, nullptr, &child);
                all[static_cast<pid_t>(child)];
            } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
                __ptrace_syscall_info info{};
                ::ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), thread, sizeof info, &info);
                traced_call call{.thread = thread};
                call.entering = info.op == PTRACE_SYSCALL_INFO_ENTRY;
                if (call.entering) {
                    state.number = info.entry.nr;
                    for (std::size_t at = 0; at < call.arguments.size(); ++at)
                        call.arguments[at] = info.entry.args[at];
                } else {
                    call.result = info.exit.rval;
                    if (state.error != 0) set_result(thread, -state.error);
                    state.error = 0;
                }
                call.number = state.number;
                const auto fate = judge_(call);
                if (call.entering && fate.error != 0) {
                    state.error = fate.error;
                    skip_call(thread);
                }
                if (!call.entering) deliver = fate.signal;
                if (fate.hold.count() > 0) {
                    state.held = true;
                    state.until = clock::now() + fate.hold;
                }
            } else if (status >> 16U == 0) {
                deliver = WSTOPSIG(status);
            }
            if (!state.held) request(PTRACE_SYSCALL, thread, static_cast<unsigned long>(deliver));
            ++each;
        }
        if (!news) (void)::poll(nullptr, 0, 1);
    }
}

} // namespace layerline::tests
