// The result of `status` from what is known of the printer. Pure.
#pragma once

#include "commands/reply.hpp"
#include "printer/printer_state.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string_view>

namespace layerline::commands {

// The state's name in the status result: idle, warmingup, printing, paused, resuming, complete, cancelled,
// error. A printer that is away is "error"; a pause or cancel under way is still "printing", with a SubState.
std::string_view status_state_of(const printer::printer_state& state);

// Whether the printer can be reached: not offline, not connecting, and not stopped by its firmware.
bool is_connected(const printer::printer_state& state);

// Why it cannot, as a failure of its own kind (785, 787 or 789); nothing if it can.
std::optional<failure> failure_of_away(const printer::printer_state& state);

// The whole result. Unknown is null, temperatures have two decimals, Progress is 0..100.
nlohmann::json status_result(const printer::printer_state& state);

} // namespace layerline::commands
