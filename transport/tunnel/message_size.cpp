// Up by doubling, down at once. No average: a socket takes its first bytes in no time, and a rate that was
// averaged over them would let messages of seconds through before it came down.
#include "transport/tunnel/message_size.hpp"

#include <algorithm>

namespace layerline::transport {

namespace {

constexpr std::size_t least = std::size_t{4} * 1024;  // below it the frames' own cost shows
constexpr std::size_t first = std::size_t{16} * 1024; // before anything was measured
constexpr std::chrono::milliseconds drain{20};
// One late wake-up of the process must not shrink the next message to nothing.
constexpr double step_down = 4, step_up = 2;

} // namespace

message_size::message_size(std::size_t most)
    : most_(std::max<std::size_t>(most, 1)), bytes_(std::min(most_, first))
{
}

void message_size::sent(std::size_t size, std::chrono::steady_clock::duration took)
{
    // One that was not full says nothing: it may have fitted into what the socket takes at once.
    if (size < bytes_ - bytes_ / 4) return;
    const double seconds = std::max(std::chrono::duration<double>(took).count(), 1e-6);
    const double share =
        std::clamp(std::chrono::duration<double>(drain).count() / seconds, 1 / step_down, step_up);
    const auto fits = static_cast<std::size_t>(static_cast<double>(size) * share);
    bytes_ = std::min(most_, std::max(least, fits));
}

} // namespace layerline::transport
