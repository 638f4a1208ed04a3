// The verbs of the hand: macro, console, camera, events, prompt, emergency-stop.
#pragma once

#include "cli/commands.hpp"

namespace layerline::cli {

bool is_hand_verb(const std::string& verb);
// Carries one of them out.
transport::task<exit_code> run_hand_verb(api& far, command_line asked);

} // namespace layerline::cli
