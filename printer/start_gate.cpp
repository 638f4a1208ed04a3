#include "printer/start_gate.hpp"

#include <array>
#include <utility>

namespace layerline::printer {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_starts = 1000; // kept of an hour

std::chrono::milliseconds since_boot(start_gate::time_point at)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
}

struct event_row {
    bed_event what;
    std::string_view name, since;
};
constexpr std::array events{
    event_row{bed_event::printed, "printed", "the last print"},
    event_row{bed_event::moved, "moved", "the head or the filament was moved by hand"},
    event_row{bed_event::moved_elsewhere, "moved_elsewhere",
              "the head was moved at the printer or by another program"},
    event_row{bed_event::power_lost, "power_lost", "the printer was switched off, reset or disconnected"},
    event_row{bed_event::host_restarted, "host_restarted",
              "this machine was restarted, so that the printer's power may have been away, too"},
    event_row{bed_event::stopped, "stopped", "the printer was stopped"},
    event_row{bed_event::unreadable, "unreadable", "what was kept of the bed became unreadable"},
};

constexpr bool in_order()
{
    for (std::size_t at = 0; at < events.size(); ++at)
        if (static_cast<std::size_t>(events[at].what) != at) return false;
    return true;
}
static_assert(in_order(), "name_of() finds a row by its number");

} // namespace

std::string_view name_of(bed_event what)
{
    return events.at(static_cast<std::size_t>(what)).name;
}

std::optional<bed_event> find_bed_event(std::string_view name)
{
    for (const auto& row : events)
        if (row.name == name) return row.what;
    return std::nullopt;
}

start_gate::start_gate(int starts_an_hour, bed_record kept)
    : starts_an_hour_(starts_an_hour), bed_(std::move(kept))
{
}

void start_gate::lie(bool clear, std::optional<bed_event> since)
{
    bed_.clear = clear;
    bed_.since = since;
}

std::string start_gate::since_when() const
{
    return std::string(events.at(static_cast<std::size_t>(bed_.since.value_or(bed_event::printed))).since);
}

std::optional<printer_failure> start_gate::judge(bool said_clear, time_point now)
{
    if (!bed_.clear && !said_clear)
        return printer_failure{printer_errc::bed_not_clear, "Nobody has said that the bed is clear since " +
                                                                since_when() + "; look, then say so."};
    // What lies ahead was kept by another clock.
    std::erase_if(bed_.starts, [at = since_boot(now)](auto start) { return start > at || at - start > 1h; });
    if (starts_an_hour_ > 0 && bed_.starts.size() >= static_cast<std::size_t>(starts_an_hour_))
        return printer_failure{printer_errc::refused, "There were " + std::to_string(bed_.starts.size()) +
                                                          " starts in the last hour, no more are allowed."};
    return std::nullopt;
}

void start_gate::begun(time_point now)
{
    if (bed_.starts.size() == most_starts) bed_.starts.erase(bed_.starts.begin());
    bed_.starts.push_back(since_boot(now));
    lie(false, bed_event::printed);
    begun_by_us_ = true;
}

void start_gate::not_begun()
{
    if (!std::exchange(begun_by_us_, false)) return;
    lie(true, std::nullopt);
    if (!bed_.starts.empty()) bed_.starts.pop_back();
}

void start_gate::cleared()
{
    lie(true, std::nullopt);
    begun_by_us_ = false;
}

bool start_gate::take_away(bed_event what)
{
    begun_by_us_ = false;
    if (!bed_.clear) return false;
    lie(false, what);
    return true;
}

std::optional<printer_failure> start_gate::over_bed(std::string_view what) const
{
    if (bed_.clear) return std::nullopt;
    return printer_failure{printer_errc::bed_not_clear, std::string(what) +
                                                            ": nobody has said that the bed is clear since " +
                                                            since_when() + "; look, then say so."};
}

} // namespace layerline::printer
