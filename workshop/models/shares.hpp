// Work on many things at once: on several threads, a share after the other.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace layerline::workshop {

// Calls `work(first, end)` for all of 0 to `count`, `share` at a time, on `threads` threads (0: one a core),
// of which this is one. Where no more threads may be had, fewer do it. `work` must not throw.
template <class Work>
void in_shares(std::size_t count, std::size_t share, unsigned threads, const Work& work)
{
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    const auto most = count / share + 1;
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
        for (auto first = next.fetch_add(share); first < count; first = next.fetch_add(share))
            work(first, std::min(first + share, count));
    };
    std::vector<std::thread> helpers;
    try {
        for (std::size_t i = 1; i < std::min<std::size_t>(threads, most); ++i)
            helpers.emplace_back(take);
    } catch (const std::system_error&) { // no more may be had
    }
    take();
    for (auto& one : helpers)
        one.join();
}

} // namespace layerline::workshop
