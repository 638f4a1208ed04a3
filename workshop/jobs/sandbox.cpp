#include "workshop/jobs/sandbox.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <initializer_list>
#include <system_error>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace layerline::workshop {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_X86_64;
constexpr std::uint32_t first_foreign_call = 0x40000000; // x32 calls have numbers of their own
#elif defined(__aarch64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t first_foreign_call = 0x80000000;
#else
#error "no filter of system calls for this machine"
#endif

// Refused with EPERM to the sandbox of a job alone: other programs and processes.
constexpr std::array refused_alone
{
    SYS_execve, SYS_execveat, SYS_kill, SYS_tkill,
#if defined(__x86_64__)
        SYS_fork, SYS_vfork,
#endif
};

// Refused with EPERM: the network, other processes' memory, and doors of the kernel that no operation on a
// mesh needs. io_uring is among them since its work passes no filter.
constexpr std::array refused{
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_pidfd_getfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_open_by_handle_at,
    SYS_shmget,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
};

sock_filter statement(std::uint16_t code, std::uint32_t value)
{
    return {code, 0, 0, value};
}

sock_filter jump(std::uint16_t code, std::uint32_t value, std::uint8_t yes, std::uint8_t no)
{
    return {code, yes, no, value};
}

std::vector<sock_filter> filter(bool alone)
{
    const auto load = [](std::size_t at) {
        return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(at));
    };
    const auto answer = [](std::uint32_t with) { return statement(BPF_RET | BPF_K, with); };
    const auto error = [&answer](int code) {
        return answer(SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(code) & SECCOMP_RET_DATA));
    };
    std::vector<sock_filter> all{load(offsetof(seccomp_data, arch)),
                                 jump(BPF_JMP | BPF_JEQ | BPF_K, this_machine, 1, 0),
                                 answer(SECCOMP_RET_KILL_PROCESS),
                                 load(offsetof(seccomp_data, nr)),
                                 jump(BPF_JMP | BPF_JGE | BPF_K, first_foreign_call, 0, 1),
                                 answer(SECCOMP_RET_KILL_PROCESS)};
    for (const auto number : refused) {
        all.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
        all.push_back(error(EPERM));
    }
    if (!alone) {
        all.push_back(answer(SECCOMP_RET_ALLOW));
        return all;
    }
    for (const auto number : refused_alone) {
        all.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
        all.push_back(error(EPERM));
    }
    // Threads but no processes: clone3 hides its flags from the filter, so libraries have to use clone.
    all.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
    all.push_back(error(ENOSYS));
    all.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    all.push_back(load(offsetof(seccomp_data, args)));
    all.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
    all.push_back(error(EPERM));
    all.push_back(answer(SECCOMP_RET_ALLOW));
    return all;
}

std::string failed(const char* what)
{
    return std::string(what) + ": " + std::generic_category().message(errno);
}

bool limit(int what, std::uint64_t value)
{
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource>(what), &now) != 0) return false;
    // A limit that is lower already stays.
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) value = now.rlim_max;
    // A second more until the kernel kills: SIGXCPU comes first, and tells why.
    const rlimit wanted{value, what == static_cast<int>(RLIMIT_CPU) ? value + 1 : value};
    return ::setrlimit(static_cast<__rlimit_resource>(what), &wanted) == 0;
}

std::string enter(const job_limits& limits, bool alone)
{
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("to end with its parent");
    if (!limit(RLIMIT_AS, limits.memory_bytes)) return failed("the limit of memory");
    if (!limit(RLIMIT_CPU, limits.cpu_seconds)) return failed("the limit of CPU time");
    if (!limit(RLIMIT_FSIZE, limits.output_bytes)) return failed("the limit of file size");
    if (!limit(RLIMIT_NOFILE, limits.descriptors)) return failed("the limit of descriptors");
    if (!limit(RLIMIT_CORE, 0)) return failed("the limit of core files");
    std::signal(SIGXFSZ, SIG_IGN); // a write fails with EFBIG, which can be told
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no new privileges");
    auto program = filter(alone);
    const sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0) != 0)
        return failed("the filter of system calls");
    return {};
}

} // namespace

std::string enter_sandbox(const job_limits& limits)
{
    return enter(limits, true);
}

std::string enter_program_sandbox(const job_limits& limits)
{
    return enter(limits, false);
}

} // namespace layerline::workshop
