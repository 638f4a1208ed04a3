// Puts points back into a reduced surface where it is farthest from the one before.
#pragma once

#include "workshop/models/surface_gap.hpp"

#include <cstddef>

namespace layerline::workshop {

// At most `most` places of the surface before that are more than `least` mm off the surface, or nearest to
// places of it that are, become points of it, the farthest first; each makes two triangles more, and none
// turns one over. Returns how many. `before.quadrics` and `before.now` need not know the new points.
std::size_t put_back_farthest(mesh& model, corner_table& table, const surface_before& before,
                              std::size_t most, double least, unsigned threads);

} // namespace layerline::workshop
