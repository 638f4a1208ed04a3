// Commands that keep the firmware occupied, and for how long it may then say nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace layerline::printer::serial {

// For firmware that sends no busy lines: how long the command may take until its ok is missed. Empty for
// commands that are acknowledged at once (or as soon as the planner has room).
std::optional<std::chrono::milliseconds> blocking_time(std::string_view command);

} // namespace layerline::printer::serial
