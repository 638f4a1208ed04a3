// Sharp edges of a surface.
#pragma once

#include "workshop/models/edges.hpp"

namespace layerline::workshop {

// Doubles the points along edges at which the surface turns by more than `degrees`, so that each side has
// points of its own at the same place; weld_equal() undoes it. Whether there are such edges. Looked for on
// `threads` cores; 0: on all.
bool part_at_creases(mesh& model, const edge_links& links, double degrees, unsigned threads = 1);

} // namespace layerline::workshop
