// The loop of the store's thread.
#include "access/store_thread.hpp"

#include <pthread.h>
#include <signal.h>

namespace layerline::access {

namespace {
// How soon a change that another process made is seen.
constexpr std::chrono::seconds look_every{1};
} // namespace

store_thread::store_thread(std::unique_ptr<database> data, std::size_t max_queue,
                           std::optional<closed_database> closed)
    : data_(std::move(data)), max_queue_(max_queue), closed_(std::move(closed))
{
    if (!closed_) data_version_ = data_->data_version();
    // Signals belong to the program's main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

store_thread::~store_thread()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void store_thread::post(std::unique_ptr<job> call)
{
    errc why = errc::store_stopped;
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            if (waiting_.size() < max_queue_) {
                waiting_.push_back(std::move(call));
                wake_.notify_one();
                return;
            }
            why = errc::store_busy;
        }
    }
    call->abandon(why);
}

void store_thread::work()
{
    auto next_look = std::chrono::steady_clock::now() + look_every;
    for (;;) {
        std::unique_ptr<job> call;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, next_look, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) break;
            if (!waiting_.empty()) {
                call = std::move(waiting_.front());
                waiting_.pop_front();
            }
        }
        if (call && opened())
            call->run(*data_);
        else if (call)
            call->abandon(closed_->why);
        call.reset();
        if (std::chrono::steady_clock::now() >= next_look) {
            look_outside();
            next_look = std::chrono::steady_clock::now() + look_every;
        }
    }
    std::deque<std::unique_ptr<job>> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(waiting_);
    }
    for (auto& call : left)
        call->abandon(errc::store_stopped);
}

bool store_thread::opened()
{
    if (!closed_) return true;
    if (std::chrono::steady_clock::now() < next_try_) return false;
    auto fresh = std::make_unique<database>();
    if (const auto failed = fresh->open(closed_->options)) {
        closed_->why = is_store_failure(failed) ? static_cast<errc>(failed.value()) : errc::store_failed;
        next_try_ = std::chrono::steady_clock::now() + look_every; // opening may have waited for a lock
        return false;
    }
    data_ = std::move(fresh);
    data_version_ = data_->data_version();
    closed_.reset();
    return true;
}

void store_thread::look_outside()
{
    if (closed_) return;
    const auto version = data_->data_version();
    if (version == 0 || version == data_version_) return;
    data_version_ = version;
    ++outside_changes_;
}

} // namespace layerline::access
