// The rims of holes: closed chains of edges that have one triangle only.
#pragma once

#include "workshop/models/edges.hpp"

#include <vector>

namespace layerline::workshop {

// Each contour as its half-edges, one after the other, through no point twice; every open half-edge is in
// exactly one. Chains that do not close (turned-over or crowded surroundings) are given as they are.
std::vector<std::vector<std::uint32_t>> find_contours(const mesh& model, const edge_links& links);

// Whether all its points are within `tolerance` mm of one plane.
bool is_planar(const mesh& model, const std::vector<std::uint32_t>& contour, double tolerance);

} // namespace layerline::workshop
