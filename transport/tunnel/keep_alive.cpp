// The decisions of keep-alive.
#include "transport/tunnel/keep_alive.hpp"

#include <algorithm>

namespace layerline::transport {

keep_alive::step keep_alive::next(time_point now, time_point heard)
{
    // Silence during our own absence says nothing about the peer.
    if (asked_for_ != time_point::max() && now - asked_for_ > every_) excused_until_ = now - every_;
    heard = std::max(heard, excused_until_);
    const auto lost_at = heard + timeout_;
    if (now >= lost_at) return {verdict::lost, now};
    const auto due = std::max(heard, pinged_) + every_;
    if (now < due) {
        asked_for_ = std::min(due, lost_at);
        return {verdict::wait, asked_for_};
    }
    pinged_ = now;
    asked_for_ = std::min(now + every_, lost_at);
    return {verdict::ping, asked_for_};
}

} // namespace layerline::transport
