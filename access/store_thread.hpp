// The store's own thread: a bounded queue of calls, answered on the callers' executors.
#pragma once

#include "access/database.hpp"
#include "transport/net.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace layerline::access {

// Why a database is not open, and how it will be.
struct closed_database {
    store_options options;
    errc why = errc::store_failed;
};

class store_thread {
public:
    // One call. Exactly one of the two is done with it.
    class job {
    public:
        virtual ~job() = default;
        virtual void run(database& data) = 0; // on the store's thread
        virtual void abandon(errc why) = 0;   // on any thread
    };

    // Takes over an open database, or one that is to be opened once that is possible.
    store_thread(std::unique_ptr<database> data, const store_options& options,
                 std::optional<closed_database> closed = {});
    ~store_thread(); // waiting calls are abandoned, the running one ends
    store_thread(const store_thread&) = delete;
    store_thread& operator=(const store_thread&) = delete;

    // Queues the call, or abandons it at once.
    void post(std::unique_ptr<job> call);
    // Both of any thread; to ask for the count keeps the thread looking.
    std::uint64_t outside_changes() const
    {
        asked_.store(clock::now(), std::memory_order_relaxed);
        return outside_changes_.load();
    }
    bool rests() const { return rests_.load(); }

private:
    using clock = std::chrono::steady_clock;

    void work();
    void look_outside();
    // Waits for a call, for the time of the next look, or, when nobody asks any more, for a call alone.
    std::unique_ptr<job> next_call();
    // Whether the database is open; tries to open it at most once a second.
    bool opened();

    std::unique_ptr<database> data_;
    const std::size_t max_queue_;
    const clock::duration look_every_, rest_after_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<job>> waiting_;
    bool stopping_ = false;
    std::atomic<std::uint64_t> outside_changes_{0};
    mutable std::atomic<clock::time_point> asked_{clock::now()};
    std::atomic<bool> rests_{false};
    clock::time_point next_look_;
    std::int64_t data_version_ = 0;
    std::optional<closed_database> closed_;
    clock::time_point next_try_{};
    std::thread thread_;
};

// A call whose result goes to a handler, on the handler's executor.
template <class T, class Work, class Handler>
class answered_job final : public store_thread::job {
public:
    answered_job(Work work, Handler handler)
        : work_(std::move(work)), handler_(std::move(handler)),
          // Keeps the caller's context running until the answer is there.
          executor_(transport::net::prefer(transport::net::get_associated_executor(handler_),
                                           transport::net::execution::outstanding_work.tracked))
    {
    }
    void run(database& data) override { answer(data.guarded<T>(work_)); }
    void abandon(errc why) override { answer({boost::system::in_place_error, make_error_code(why)}); }

private:
    void answer(transport::result<T> value)
    {
        transport::net::post(executor_, [handler = std::move(handler_), held = std::move(value)]() mutable {
            std::move(handler)(std::move(held));
        });
    }
    Work work_;
    Handler handler_;
    using working_executor = std::decay_t<decltype(transport::net::prefer(
        std::declval<transport::net::io_executor>(), transport::net::execution::outstanding_work.tracked))>;
    working_executor executor_;
};

// A call that nobody waits for.
template <class Work>
class silent_job final : public store_thread::job {
public:
    explicit silent_job(Work work) : work_(std::move(work)) {}
    void run(database& data) override { (void)data.guarded<void>(work_); }
    void abandon(errc) override {}

private:
    Work work_;
};

// Runs `work` (T of a database&) on the store's thread and resumes here with what it gave.
template <class T, class Work>
transport::task<transport::result<T>> on_store(store_thread& thread, Work work)
{
    auto start = [&thread](auto handler, Work what) {
        using call = answered_job<T, Work, decltype(handler)>;
        thread.post(std::make_unique<call>(std::move(what), std::move(handler)));
    };
    co_return co_await transport::net::async_initiate<const transport::net::use_awaitable_t<>,
                                                      void(transport::result<T>)>(
        std::move(start), transport::net::use_awaitable, std::move(work));
}

template <class Work>
void note_on_store(store_thread& thread, Work work)
{
    thread.post(std::make_unique<silent_job<Work>>(std::move(work)));
}

} // namespace layerline::access
