// Smaller triangles on the same surface.
#pragma once

#include "workshop/models/mesh.hpp"

namespace layerline::workshop {

// Splits each edge that is longer than `longest` mm at its middle, with both of its triangles, until none is:
// a closed surface stays closed. Edges whose ends are next to each other as floats stay.
void split_long_edges(mesh& model, double longest);

} // namespace layerline::workshop
