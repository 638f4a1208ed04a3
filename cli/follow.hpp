// Follows the printer's event stream over broken connections until something happens.
#pragma once

#include "cli/api.hpp"
#include "cli/job_view.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace layerline::cli {

struct follow_options {
    std::optional<std::chrono::milliseconds> at_most; // none: as long as it takes
    std::chrono::seconds give_up_after{120};          // without a connection
    std::function<void(const sent_event&)> each = {}; // gets every event as it came
};

// Calls `seen` with each new view until it gives a verdict. A broken stream is opened again (after 0.5 to 5
// s, resuming by its last event id); a refused one (credentials, unknown printer) ends it.
// exit_code::not_in_time after `at_most`.
transport::task<verdict> follow(api& far, follow_options options,
                                std::function<std::optional<verdict>(const job_view&)> seen);

} // namespace layerline::cli
