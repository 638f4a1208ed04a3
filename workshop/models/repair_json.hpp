// The report of a repair as the Model API answers it.
#pragma once

#include "workshop/models/repair.hpp"

#include <nlohmann/json_fwd.hpp>

namespace layerline::workshop {

nlohmann::json to_json(const repair_report& report);

} // namespace layerline::workshop
