// What happened to the printer between two of its states, by names that hooks and scripts go by. Pure.
#pragma once

#include "printer/printer_state.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace layerline::agent {

// Every name that there is, for documents and checks. Names never change.
std::span<const std::string_view> printer_event_names();

class printer_events {
public:
    // The names of what happened since the last state, in order; nothing for the first one. A print that goes
    // on behind a lost connection neither ends nor begins with that.
    std::vector<std::string_view> take(const printer::printer_state& now);

private:
    std::optional<printer::phase> last_; // the last one that was not "away"
    bool seen_ = false, away_ = false;
    std::optional<printer::attention> wants_;
};

} // namespace layerline::agent
