// What a viewer of the event stream is told: server-sent events from successive states. Pure.
#pragma once

#include "printer/printer_state.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace layerline::commands {

// One viewer's stream. The id of an event is "<sequence>.<hash of the state>", so that a state of an earlier
// run of the printer's keeper, which counts from the start again, is never taken for the current one.
class state_events {
public:
    // `last_event_id` is what the viewer says it saw last; empty if nothing.
    explicit state_events(std::string last_event_id);
    ~state_events();
    state_events(const state_events&) = delete;
    state_events& operator=(const state_events&) = delete;

    // What to send now that the printer is in this state; empty if the viewer knows it already. First the
    // full state (`event: state`), unless the viewer saw just this one; then the top-level fields that differ
    // (`event: change`), always with `sequence`. The age is told with full states only.
    std::string next(const printer::printer_state& state);

    static std::string_view heartbeat(); // a comment, which keeps the way open

private:
    std::unique_ptr<nlohmann::json> last_; // as told; null before the first
    std::string last_id_;
};

} // namespace layerline::commands
