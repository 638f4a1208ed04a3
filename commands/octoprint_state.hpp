// The printer's state in the words of OctoPrint's REST API. Pure.
#pragma once

#include "commands/file_store.hpp"
#include "printer/printer_state.hpp"

#include <nlohmann/json_fwd.hpp>

namespace layerline::commands::octoprint {

// "Operational", "Printing", "Paused", "Offline" …
std::string_view state_text(const printer::printer_state& state);
// Whether the printer takes commands: GET /api/printer is 409 where it does not.
bool is_operational(const printer::printer_state& state);
nlohmann::json printer(const printer::printer_state& state);
nlohmann::json job(const printer::printer_state& state);
// One file or folder of a listing.
nlohmann::json entry(const file_node& node);

} // namespace layerline::commands::octoprint
