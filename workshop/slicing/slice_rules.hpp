// What the fields of a slice request have to be to each other. Pure.
#pragma once

#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace layerline::workshop {

// The first rule that `data` breaks: checked sections, as slice_request has them. 400 for values that
// contradict each other, 603 for extruders that are not defined, 605 for lines that a nozzle cannot print.
std::optional<slice_failure> broken_rule(const nlohmann::json& data);

} // namespace layerline::workshop
