// Waiting for a condition of a test without sleeping: whoever changes something rings, whoever waits looks
// again.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <list>

namespace layerline::fakes {

class event_flag {
public:
    // Wakes everybody who waits; each looks at its condition again.
    void ring()
    {
        for (auto* waiter : waiters_)
            waiter->cancel();
    }

    // Returns once the condition holds. Cancellable.
    transport::task<void> until(std::function<bool()> holds)
    {
        namespace net = transport::net;
        if (holds()) co_return;
        net::steady_timer bell(co_await net::this_coro::executor);
        const registration here(waiters_, bell);
        while (!holds()) {
            bell.expires_at(net::steady_timer::time_point::max());
            transport::error_code ignored;
            co_await bell.async_wait(net::redirect_error(net::use_awaitable, ignored));
        }
    }

private:
    using list = std::list<transport::net::steady_timer*>;
    struct registration {
        registration(list& all, transport::net::steady_timer& one)
            : all_(all), at_(all.insert(all.end(), &one))
        {
        }
        ~registration() { all_.erase(at_); }
        registration(const registration&) = delete;
        registration& operator=(const registration&) = delete;
        list& all_;
        list::iterator at_;
    };
    list waiters_;
};

} // namespace layerline::fakes
