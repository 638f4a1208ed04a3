// A slice request beside what the printer itself says that it can. Pure.
#pragma once

#include "printer/printer_action.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace layerline::commands {

// Lowers in the request's `data` the temperatures to what may be heated to from afar, and the bed to where
// the head goes (lengths in microns); nothing is ever raised. Lines of its own code that go beyond that
// are kept within it (code_reach.hpp). A sentence for each thing that was changed.
std::vector<std::string> keep_within(nlohmann::json& data, const printer::link_capabilities& can);

} // namespace layerline::commands
