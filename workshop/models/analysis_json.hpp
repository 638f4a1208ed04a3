// The analysis as the Model API answers it: the names that the contract's clients read, and ours beside them.
#pragma once

#include "workshop/models/analysis.hpp"

#include <nlohmann/json_fwd.hpp>

namespace layerline::workshop {

// volumeMm3 is null where the surface is not closed: there is none.
nlohmann::json to_json(const mesh_analysis& found);

} // namespace layerline::workshop
