// A timer per waiter, in the waiter's own frame.
#include "transport/tunnel/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace layerline::transport {

struct wakeup::waiter {
    waiter(waiter*& first, const net::io_executor& executor, clock::time_point until)
        : alarm(executor, until), before(&first), next(first)
    {
        if (next != nullptr) next->before = &next;
        first = this;
    }
    ~waiter()
    {
        *before = next;
        if (next != nullptr) next->before = before;
    }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    net::steady_timer alarm;
    waiter** before; // what points here
    waiter* next;
};

void wakeup::notify()
{
    for (auto* one = first_; one != nullptr; one = one->next)
        one->alarm.cancel();
}

task<bool> wakeup::wait(clock::time_point until)
{
    const auto executor = co_await net::this_coro::executor;
    waiter here(first_, executor, until);
    co_await here.alarm.async_wait(net::as_tuple(net::use_awaitable));
    const auto state = co_await net::this_coro::cancellation_state;
    co_return state.cancelled() == net::cancellation_type::none;
}

} // namespace layerline::transport
