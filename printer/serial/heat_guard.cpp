#include "printer/serial/heat_guard.hpp"

#include <algorithm>

namespace layerline::printer::serial {

void heat_guard::set_need(need now_needed, time_point now)
{
    if (need_ == now_needed) return;
    need_ = now_needed;
    since_ = now;
    tools_ordered_.reset();
    bed_ordered_.reset();
}

heat_guard::orders heat_guard::check(std::span<const heater_state> heaters, time_point now)
{
    const auto on = [](const heater_state& heater) { return heater.target_c.value_or(0) > 0; };
    const bool tools_on = std::any_of(heaters.begin(), heaters.end(), [&](const heater_state& heater) {
        return heater.name.starts_with("tool") && on(heater);
    });
    const bool others_on = std::any_of(heaters.begin(), heaters.end(), [&](const heater_state& heater) {
        return !heater.name.starts_with("tool") && on(heater);
    });
    const bool any = tools_on || others_on;
    // Without a job the time begins when heat does; after a failure it began with the failure.
    if (any && !any_on_ && need_ == need::none) since_ = now;
    any_on_ = any;
    if (need_ == need::job) return {};
    const bool failed = need_ == need::failed;
    const auto due = [&](bool lit, std::chrono::milliseconds after, std::optional<time_point>& ordered) {
        if (!lit || now - since_ < after || (ordered && now - *ordered < settings_.repeat)) return false;
        ordered = now;
        return true;
    };
    orders given;
    given.tools_off = due(tools_on, failed ? settings_.failed_tool : settings_.idle, tools_ordered_);
    given.bed_off = due(others_on, failed ? settings_.failed_bed : settings_.idle, bed_ordered_);
    return given;
}

} // namespace layerline::printer::serial
