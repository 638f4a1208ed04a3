// From a checked slice request to what its volumes are to be cut into. Pure.
#pragma once

#include "workshop/slicing/region_plan.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

// What the request asks of the volume with that index, of `height` micron: up to the model's `finish`, with
// the regions of the set that it names. `data` is slice_request::data.
volume_wish wish_of_volume(const nlohmann::json& data, std::size_t volume, micron height);

} // namespace layerline::workshop
