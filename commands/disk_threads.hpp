// Runs blocking disk calls on threads of their own and comes back to the caller's.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace layerline::commands {

class disk_threads {
public:
    explicit disk_threads(std::size_t count) : pool_(count) {}

    // Calls `work()` on a disk thread; the coroutine goes on where it was. `work` owns what it uses (by value
    // or shared), since a cancelled coroutine's frame may be gone before the call is over. After join() it
    // throws operation_aborted, as a cancellation does.
    template <class Work>
    transport::task<std::invoke_result_t<Work&>> run(Work work)
    {
        namespace net = transport::net;
        if (ended_) throw boost::system::system_error(net::error::operation_aborted);
        const auto out = std::make_shared<std::optional<std::invoke_result_t<Work&>>>();
        auto job = [out, work = std::move(work)]() mutable { out->emplace(work()); };
        auto start = [this, job = std::move(job)](auto handler) mutable {
            // The home executor is kept from running out of work meanwhile.
            auto home =
                net::prefer(net::get_associated_executor(handler), net::execution::outstanding_work.tracked);
            net::post(pool_, [job = std::optional(std::move(job)), home = std::move(home),
                              handler = std::move(handler)]() mutable {
                (*job)();
                job.reset(); // what it held is let go before the caller hears that it is done
                net::post(home, std::move(handler));
            });
        };
        co_await net::async_initiate<const net::use_awaitable_t<>, void()>(std::move(start),
                                                                           net::use_awaitable);
        co_return std::move(**out);
    }

    // Calls it behind what was given before, and nobody waits for it.
    template <class Work>
    void post(Work work)
    {
        if (!ended_) transport::net::post(pool_, std::move(work));
    }

    // Waits for the calls under way; there are no others after it.
    void join()
    {
        ended_ = true;
        pool_.join();
    }

private:
    bool ended_ = false;
    transport::net::thread_pool pool_;
};

} // namespace layerline::commands
