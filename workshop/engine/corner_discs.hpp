// Discs beside the sharp corners of the first layer, which hold them down while they cool. Pure.
#pragma once

#include "workshop/slicing/placement.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_discs = 1000; // of a volume

// By the request's `absSupport`; nothing is done where that is off. Each is a cylinder of `numberOfLayers`
// bottom layers that touches the corner from outside, by `overlap` of a line's width, and is part of the
// volume's mesh from then on.
void add_corner_discs(std::vector<placed_volume>& volumes, const nlohmann::json& data);

} // namespace layerline::workshop
