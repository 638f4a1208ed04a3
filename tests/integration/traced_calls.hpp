// What a kernel would do to a running program, done to it from outside: system calls that take seconds, fail,
// or are the last before a crash. For disks that die and parsers that have a mistake, without a build of
// their own.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include <sys/types.h>

namespace layerline::tests {

struct traced_call {
    pid_t thread = 0;
    bool entering = true; // else it is done, and `result` tells how
    unsigned long number = 0;
    std::array<unsigned long, 3> arguments = {}; // while entering
    long result = 0;
};
struct call_fate {
    std::chrono::milliseconds hold{0}; // the thread stays in the kernel for so long, as before a slow disk
    int error = 0;                     // entering: the call is not carried out, and fails with this
    int signal = 0;                    // done: the thread gets this instead of going on
};
// Called on the tracer's thread for each call of the traced threads.
using call_judge = std::function<call_fate(const traced_call&)>;

// Watches threads of a program for as long as it lives; the program goes on unwatched afterwards.
class traced_calls {
public:
    // Threads of `program` with one of these names (all, if there are none), and those that they begin.
    traced_calls(pid_t program, std::set<std::string> names, call_judge judge);
    ~traced_calls();
    traced_calls(const traced_calls&) = delete;
    traced_calls& operator=(const traced_calls&) = delete;
    // False where this is not allowed.
    bool works() const { return works_; }

private:
    void run(pid_t program, const std::set<std::string>& names);
    struct tracee;

    const call_judge judge_;
    std::atomic<bool> ending_{false};
    std::atomic<int> ready_{0}; // 1: attached, -1: not allowed
    bool works_ = false;
    std::thread thread_; // last: all requests must come from the thread that attached
};

} // namespace layerline::tests
