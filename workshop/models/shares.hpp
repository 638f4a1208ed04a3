// Work on many things at once: on several threads, a share after the other.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <type_traits>
#include <vector>

namespace layerline::workshop {

// How many threads are meant: 0 is one a core, as many as there were at the first call.
inline unsigned meant(unsigned threads)
{
    static const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    return threads != 0 ? threads : cores;
}

// Calls `work(first, end)` for all of 0 to `count`, `share` at a time, on `threads` threads (0: one a core),
// of which this is one; `work(first, end, worker)` is told which of them it is on, below meant(threads).
// Where no more threads may be had, fewer do it. What `work` throws first comes out once all have stopped;
// shares that nobody had begun by then are left out.
template <class Work>
void in_shares(std::size_t count, std::size_t share, unsigned threads, const Work& work)
{
    const auto shares = (count + share - 1) / share;
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::exception_ptr thrown;
    const auto take = [&](unsigned worker) {
        try {
            for (auto first = next.fetch_add(share); first < count && !failed;
                 first = next.fetch_add(share)) {
                const auto end = std::min(first + share, count);
                if constexpr (std::is_invocable_v<Work, std::size_t, std::size_t, unsigned>)
                    work(first, end, worker);
                else
                    work(first, end);
            }
        } catch (...) {
            if (!failed.exchange(true)) thrown = std::current_exception();
        }
    };
    std::vector<std::thread> helpers;
    try {
        const auto most = std::min<std::size_t>(meant(threads), shares);
        helpers.reserve(most);
        for (unsigned i = 1; i < most; ++i)
            helpers.emplace_back(take, i);
    } catch (const std::exception&) { // no more may be had
    }
    take(0);
    for (auto& one : helpers)
        one.join();
    if (thrown) std::rethrow_exception(thrown);
}

} // namespace layerline::workshop
