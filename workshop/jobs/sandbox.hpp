// What a job's process takes upon itself before it reads a byte of a stranger's file: limits on memory, CPU
// time, file size and descriptors, and no network, no other programs, no other processes.
#pragma once

#include <cstdint>
#include <string>

namespace layerline::workshop {

struct job_limits {
    std::uint64_t memory_bytes = 2048ULL * 1024 * 1024; // of address space
    std::uint64_t cpu_seconds = 600;                    // of all its threads together
    std::uint64_t output_bytes = 1024ULL * 1024 * 1024; // of each file that it writes
    std::uint64_t descriptors = 64;
};

// For good: a limit cannot be raised again, the filter not be removed. Ends with its parent. Empty, or what
// the system refused. Call it with one thread only.
std::string enter_sandbox(const job_limits& limits);
// The same for a program that is about to be begun here: it may begin threads and programs of its own, which
// the limits and the filter hold as well.
std::string enter_program_sandbox(const job_limits& limits);

} // namespace layerline::workshop
