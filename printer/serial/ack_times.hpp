// How long lines wait for their acknowledgement: percentiles of a whole print in 160 bytes, to within a
// fifth.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

namespace layerline::printer::serial {

class ack_times {
public:
    void add(std::chrono::nanoseconds took)
    {
        const double ms = std::chrono::duration<double, std::milli>(took).count();
        const double step = ms <= shortest_ms ? 0 : std::ceil(std::log(ms / shortest_ms) / std::log(ratio));
        ++counts_[std::min(static_cast<std::size_t>(step), counts_.size() - 1)];
        ++all_;
    }
    // The time in ms that `share` (0 to 1) of the lines did not exceed; nothing before the first.
    std::optional<double> percentile(double share) const
    {
        if (all_ == 0) return std::nullopt;
        const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all_)));
        std::uint64_t seen = 0;
        std::size_t at = 0;
        while (at + 1 < counts_.size() && (seen += counts_[at]) < wanted)
            ++at;
        // Two digits: what changes with each line would be told with each line.
        return std::round(shortest_ms * std::pow(ratio, static_cast<double>(at)) * 10) / 10;
    }
    void clear() { *this = {}; }

private:
    static constexpr double shortest_ms = 0.5, ratio = 1.4; // up to a minute
    std::array<std::uint32_t, 36> counts_{};
    std::uint64_t all_ = 0;
};

} // namespace layerline::printer::serial
