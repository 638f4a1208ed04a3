// The decisions of keep-alive.
#include "transport/tunnel/keep_alive.hpp"

#include <algorithm>

namespace layerline::transport {

keep_alive::step keep_alive::next(time_point now, time_point heard)
{
    const auto lost_at = heard + timeout_;
    if (now >= lost_at) return {verdict::lost, now};
    const auto due = std::max(heard, pinged_) + every_;
    if (now < due) return {verdict::wait, std::min(due, lost_at)};
    pinged_ = now;
    return {verdict::ping, std::min(now + every_, lost_at)};
}

} // namespace layerline::transport
