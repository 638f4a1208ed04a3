// The result of `status` from what is known of the printer. Pure.
#pragma once

#include "commands/reply.hpp"
#include "printer/printer_action.hpp"

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

// The bits of `Features`: what a client may offer. 1 light, 2 moving single axes, 4 homing, 8 extruding,
// 16 temperatures, 32 starting prints.
int features_of(const printer::link_capabilities& can);

// The whole result, with the bits of features_of(). Unknown is null, temperatures have two decimals, Progress
// is 0..100.
nlohmann::json status_result(const printer::printer_state& state, int features);

} // namespace layerline::commands
