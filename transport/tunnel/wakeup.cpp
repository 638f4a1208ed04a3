// A timer per waiter, in the waiter's own frame.
#include "transport/tunnel/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace layerline::transport {

namespace {

struct registration {
    registration(std::vector<net::steady_timer*>& list, net::steady_timer& one) : list_(list), one_(one)
    {
        list_.push_back(&one_);
    }
    ~registration() { std::erase(list_, &one_); }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

private:
    std::vector<net::steady_timer*>& list_;
    net::steady_timer& one_;
};

} // namespace

void wakeup::notify()
{
    for (auto* waiter : waiters_)
        waiter->cancel();
}

task<bool> wakeup::wait(clock::time_point until)
{
    const auto executor = co_await net::this_coro::executor;
    net::steady_timer alarm(executor, until);
    const registration here(waiters_, alarm);
    co_await alarm.async_wait(net::as_tuple(net::use_awaitable));
    const auto state = co_await net::this_coro::cancellation_state;
    co_return state.cancelled() == net::cancellation_type::none;
}

} // namespace layerline::transport
