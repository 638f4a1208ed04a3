// The printer as the event stream tells it, and how it looks on one line: pure.
#pragma once

#include "cli/event_reader.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace layerline::cli {

class job_view {
public:
    // Takes an event; false if it is none that we know or no JSON (nothing is changed then).
    bool apply(const sent_event& event);
    bool known() const { return !state_.is_null(); }
    const nlohmann::json& state() const { return state_; }

    std::string phase() const;  // "printing", …; empty before the first event
    std::string job_id() const; // empty without one
    std::string reason() const;
    // Whether the job is over, well or not.
    bool ended() const;
    // One line for a terminal of `columns`: state, bar, share done, time left, layer, temperatures.
    std::string line(std::size_t columns) const;

private:
    nlohmann::json state_;
};

// "1 h 05 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);
// A bar of `width` columns for a share of 0..1.
std::string bar(double share, std::size_t width);

} // namespace layerline::cli
