// Points of a reduced surface move to where they fit best.
#pragma once

#include "workshop/models/corner_table.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/quadric.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace layerline::workshop {

// Each of `points`, which ascend, goes to where the planes of its quadric are nearest, unless that turns one
// of its triangles. `room` is as large as `points`.
void settle_points(mesh& model, const corner_table& table, const std::vector<quadric>& quadrics,
                   std::span<const std::uint32_t> points, std::vector<std::uint32_t>& room, unsigned threads);

} // namespace layerline::workshop
