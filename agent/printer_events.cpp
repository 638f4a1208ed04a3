#include "agent/printer_events.hpp"

#include <array>

namespace layerline::agent {

using printer::phase;

namespace {

constexpr std::array<std::string_view, 10> names{
    "print_started", "print_paused",    "print_resumed",   "print_finished", "print_cancelled",
    "print_failed",  "printer_stopped", "printer_offline", "printer_online", "attention"};
enum : std::size_t { started, paused, resumed, finished, cancelled, failed, stopped, offline, online, asked };

bool is_away(phase now)
{
    return now == phase::offline || now == phase::connecting;
}

bool in_print(phase now)
{
    return now == phase::printing || now == phase::pausing || now == phase::paused ||
           now == phase::resuming || now == phase::cancelling;
}

} // namespace

std::span<const std::string_view> printer_event_names()
{
    return names;
}

std::vector<std::string_view> printer_events::take(const printer::printer_state& state)
{
    std::vector<std::string_view> all;
    const auto now = state.now;
    const bool first = !seen_;
    seen_ = true;
    const bool was_away = away_;
    away_ = is_away(now);
    if (!first && away_ != was_away) all.push_back(names[away_ ? offline : online]);
    if (!away_) {
        // Without a state before there is nothing that could have changed.
        if (const auto before = last_; before && *before != now) {
            if (in_print(now) && !in_print(*before)) all.push_back(names[started]);
            if (now == phase::paused) all.push_back(names[paused]);
            if (now == phase::printing && (*before == phase::paused || *before == phase::resuming))
                all.push_back(names[resumed]);
            if (in_print(*before) && now == phase::finished) all.push_back(names[finished]);
            // One that shows as idle at once was seen to by a person.
            if (in_print(*before) && (now == phase::cancelled || now == phase::idle))
                all.push_back(names[cancelled]);
            if (now == phase::error) all.push_back(names[in_print(*before) ? failed : stopped]);
        }
        last_ = now;
    }
    if (!first && state.wants && state.wants != wants_) all.push_back(names[asked]);
    wants_ = state.wants;
    return all;
}

} // namespace layerline::agent
