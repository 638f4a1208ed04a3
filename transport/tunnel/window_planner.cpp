// A window of W gives at most W a round trip. What a reader takes within one trip therefore shows how much of
// the window it uses, and twice of it is room to show more.
#include "transport/tunnel/window_planner.hpp"

#include <algorithm>

namespace layerline::transport {

std::optional<window_planner::duration> window_planner::shortest() const
{
    if (measured_ == 0) return std::nullopt;
    const auto known = static_cast<long>(std::min(measured_, trips_.size()));
    return *std::min_element(trips_.begin(), trips_.begin() + known);
}

void window_planner::round_trip(duration took)
{
    trips_.at(measured_ % trips_.size()) = took;
    ++measured_;
}

bool window_planner::wants_round_trip(const flow& of, time_point now)
{
    if (of.all < settings_.first / 4) return false;
    if (asked_ && now - *asked_ < settings_.ask_every) return false;
    asked_ = now;
    return true;
}

std::optional<std::uint32_t> window_planner::taken(flow& of, std::size_t bytes, time_point now)
{
    if (of.since == time_point{}) of.since = now;
    of.bytes += bytes;
    of.all += bytes;
    const auto trip = shortest();
    if (!trip || *trip < settings_.near) {
        of.bytes = 0;
        of.since = now;
        return std::nullopt;
    }
    const auto passed = now - of.since;
    if (passed < *trip) return std::nullopt;
    // A pause of the sender or of the reader says nothing about the way: it only lowers the rate.
    const double in_a_trip = static_cast<double>(of.bytes) * std::chrono::duration<double>(*trip).count() /
                             std::chrono::duration<double>(passed).count();
    of.bytes = 0;
    of.since = now;
    const auto window = of.window == 0 ? settings_.first : of.window;
    const auto room = settings_.most_grown - std::min(settings_.most_grown, grown_);
    const auto limit = std::min<double>(settings_.most, static_cast<double>(window) + room);
    const auto wanted = static_cast<std::uint32_t>(std::min(2 * in_a_trip, limit));
    // Small steps are not worth a frame, but for the last one.
    const bool last_step = wanted == settings_.most && window < wanted;
    if (wanted < window + window / 4 && !last_step) return std::nullopt;
    grown_ += wanted - window;
    of.window = wanted;
    return wanted;
}

void window_planner::ended(flow& of)
{
    if (of.window > settings_.first) grown_ -= of.window - settings_.first;
    of = flow();
}

} // namespace layerline::transport
