// How fast bytes may go by for each key. Pure: the clock is passed in, the caller waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace layerline::access {

// Not safe from several threads.
class pacer {
public:
    using clock = std::chrono::steady_clock;
    // 0: any rate. What was not used within a second may come at once; older allowance is lost.
    explicit pacer(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

    // These bytes went by for the key; how long to wait before the next ones.
    std::chrono::milliseconds pass(std::string_view key, std::size_t bytes, clock::time_point now);
    bool limited() const { return rate_ != 0; }

    static constexpr std::size_t most_keys = 4096; // past it those are forgotten that owe nothing

private:
    std::uint64_t rate_;
    std::unordered_map<std::string, clock::time_point> paid_until_;
};

} // namespace layerline::access
