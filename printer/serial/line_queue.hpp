// Prepared lines on their way from the reader to the wire: a list that is as long as it has to be, through
// which the two go without meeting. The reader alone takes memory and gives it back: a line that was taken
// comes round again.
#pragma once

#include "printer/serial/job_line.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace layerline::printer::serial {

// put() by one thread, take() by one other; empty() by both.
class line_queue {
public:
    line_queue() : oldest_(new place), last_(oldest_), taken_last_(oldest_) {}
    ~line_queue()
    {
        while (oldest_ != nullptr)
            delete std::exchange(oldest_, oldest_->next.load(std::memory_order_relaxed));
    }
    line_queue(const line_queue&) = delete;
    line_queue& operator=(const line_queue&) = delete;

    // `cost` comes back from take().
    void put(prepared_line line, std::size_t cost)
    {
        place* free = nullptr;
        if (oldest_ != taken_last_.load(std::memory_order_acquire)) {
            free = std::exchange(oldest_, oldest_->next.load(std::memory_order_relaxed));
            free->next.store(nullptr, std::memory_order_relaxed);
        } else
            free = new place;
        free->line = std::move(line);
        free->cost = cost;
        last_->next.store(free); // sequentially consistent, as whoever sleeps or starves says so
        last_ = free;
        put_.fetch_add(1);
    }
    // The cost of the oldest line, which is exchanged with `into`; 0 when there is none.
    std::size_t take(prepared_line& into)
    {
        place* const next = taken_last_.load(std::memory_order_relaxed)->next.load();
        if (next == nullptr) return 0;
        std::swap(into, next->line);
        const std::size_t cost = next->cost;
        taken_last_.store(next, std::memory_order_release); // from here on the one before it is the reader's
        taken_.fetch_add(1);
        return cost;
    }
    bool empty() const { return taken_.load() == put_.load(); }

private:
    struct place {
        std::atomic<place*> next{nullptr};
        prepared_line line;
        std::size_t cost = 0;
    };
    place* oldest_; // of those that were taken, of the reader
    place* last_;   // of the reader
    std::atomic<place*> taken_last_;
    std::atomic<std::uint64_t> put_{0}, taken_{0};
};

} // namespace layerline::printer::serial
