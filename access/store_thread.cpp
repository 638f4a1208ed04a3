// The loop of the store's thread.
#include "access/store_thread.hpp"

#include <pthread.h>
#include <signal.h>

namespace layerline::access {

namespace {
constexpr std::chrono::seconds try_every{1}; // to open what could not be opened
} // namespace

store_thread::store_thread(std::unique_ptr<database> data, const store_options& options,
                           std::optional<closed_database> closed)
    : data_(std::move(data)), max_queue_(options.max_queue), look_every_(options.look_every),
      rest_after_(options.rest_after), next_look_(clock::now() + look_every_), closed_(std::move(closed))
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

std::unique_ptr<store_thread::job> store_thread::next_call()
{
    const auto due = [this] { return stopping_ || !waiting_.empty(); };
    std::unique_lock lock(mutex_);
    // A machine that idles is not woken every second for nobody.
    rests_ = clock::now() - asked_.load(std::memory_order_relaxed) >= rest_after_;
    if (rests_)
        wake_.wait(lock, due);
    else
        wake_.wait_until(lock, next_look_, due);
    if (stopping_ || waiting_.empty()) return nullptr;
    auto call = std::move(waiting_.front());
    waiting_.pop_front();
    return call;
}

void store_thread::work()
{
    for (;;) {
        auto call = next_call();
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                if (call) waiting_.push_front(std::move(call));
                break;
            }
        }
        // Before the call, for whoever called because the thread was at rest.
        if (rests_ || clock::now() >= next_look_) {
            look_outside();
            next_look_ = clock::now() + look_every_;
            rests_ = false;
        }
        if (call && opened())
            call->run(*data_);
        else if (call)
            call->abandon(closed_->why);
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
    if (clock::now() < next_try_) return false;
    auto fresh = std::make_unique<database>();
    if (const auto failed = fresh->open(closed_->options)) {
        closed_->why = is_store_failure(failed) ? static_cast<errc>(failed.value()) : errc::store_failed;
        next_try_ = clock::now() + try_every; // opening may have waited for a lock
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
