// What a thread does that may make it wait for another one: memory taken or given back, locks, words to the
// log. Counted in the whole program that this is linked into, for the thread that asks for it.
#pragma once

#include <cstdint>

// Sanitizers have functions of their own where this has its own: nothing is counted then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAYERLINE_WATCHES 0
#else
#define LAYERLINE_WATCHES 1
#endif

namespace layerline::tests {

struct quiet_counts {
    std::uint64_t allocations = 0, frees = 0, locks = 0, log_writes = 0;
};

// Counts what this thread does from now on; null: no longer.
void watch_this_thread(quiet_counts* into);

// What is done while it lives is not the watched thread's own.
class unwatched {
public:
    unwatched();
    ~unwatched();
    unwatched(const unwatched&) = delete;
    unwatched& operator=(const unwatched&) = delete;

private:
    quiet_counts* const before_;
};

} // namespace layerline::tests
