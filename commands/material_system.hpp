// Which tools a printer has and what feeds them, as the status command tells those that ask for it.
#pragma once

#include "printer/printer_state.hpp"

#include <nlohmann/json_fwd.hpp>

namespace layerline::commands {

// The vendor's shape: Capabilities, Sources, Tools, Units, Routes. Every tool has a source of its own, as on
// any printer that tells of no feeder; null while no tool is known. What is not known is left out. At most 16
// tools.
nlohmann::json material_system(const printer::printer_state& state);

} // namespace layerline::commands
