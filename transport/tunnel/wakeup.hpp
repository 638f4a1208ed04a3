// Coroutines that wait until something changes, or until a point in time. One io_context, one thread.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/steady_timer.hpp>

namespace layerline::transport {

// Check the condition, then wait(), in a loop: nothing runs in between, so no change is missed. The object
// must outlive its waiters.
class wakeup {
public:
    wakeup() = default;
    wakeup(const wakeup&) = delete;
    wakeup& operator=(const wakeup&) = delete;

    // Lets every waiter look again. Resumes nobody before this call returns.
    void notify();
    // Returns at notify(), at `until`, or when the coroutine was cancelled: false then.
    task<bool> wait(clock::time_point until = clock::time_point::max());

private:
    struct waiter;
    waiter* first_ = nullptr; // of a list whose links are the waiters' own
};

} // namespace layerline::transport
