// Leaves points out of finely tessellated surfaces, in double precision.
#pragma once

#include "workshop/models/edges.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/triangle_tree.hpp"

#include <cstddef>

namespace layerline::workshop {

// The mesh with points joined to a neighbour, cheapest first, while the quadric error stays within `error` mm
// and more than `enough` triangles are left. Points without a closed ring of triangles stay; no triangle
// turns over, and no edge gets more than two triangles. Points that are left settle where they fit best, and
// where the surface is farthest off points come back. `links` are the mesh's or those that it had before
// points were parted, `tree` is of the same triangles. The same comes out on any number of threads; 0: one a
// core.
mesh collapsed_edges(const mesh& before, const triangle_tree& tree, const edge_links& links, double error,
                     std::size_t enough, unsigned threads = 0);

} // namespace layerline::workshop
