// The rate is smoothed over about four messages: one late wake-up must not shrink the next message to
// nothing.
#include "transport/tunnel/message_size.hpp"

#include <algorithm>

namespace layerline::transport {

namespace {

constexpr std::size_t least = std::size_t{4} * 1024;   // below it the frames' own cost shows
constexpr std::size_t first = std::size_t{16} * 1024;  // before anything was measured
constexpr std::size_t telling = std::size_t{2} * 1024; // smaller messages say nothing about the rate
constexpr double drain_seconds = 0.020;
constexpr double newest_share = 0.25;

} // namespace

message_size::message_size(std::size_t most)
    : most_(std::max<std::size_t>(most, 1)), bytes_(std::min(most_, first))
{
}

void message_size::sent(std::size_t size, std::chrono::steady_clock::duration took)
{
    if (size < telling) return;
    const double seconds = std::max(std::chrono::duration<double>(took).count(), 1e-6);
    const double rate = static_cast<double>(size) / seconds;
    rate_ = rate_ == 0 ? rate : rate_ + newest_share * (rate - rate_);
    const double wanted = std::min(rate_ * drain_seconds, static_cast<double>(most_));
    bytes_ = std::min(most_, std::max(least, static_cast<std::size_t>(wanted)));
}

} // namespace layerline::transport
