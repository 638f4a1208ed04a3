// Leaves points out of finely tessellated surfaces, in double precision.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>

namespace layerline::workshop {

// Joins points to a neighbour, cheapest first, while the quadric error stays within `error` mm and more than
// `enough` triangles are left. Points without a closed ring of triangles stay; no triangle turns over, and no
// edge gets more than two triangles. Points that are left settle where they fit best.
// At work on `threads` cores; 0: on all.
void collapse_edges(mesh& model, double error, std::size_t enough, unsigned threads = 0);

} // namespace layerline::workshop
