// Smaller triangles on the same surface.
#pragma once

#include "workshop/models/mesh.hpp"

#include <functional>

namespace layerline::workshop {

// Splits each edge that is longer than `longest` mm at its middle, with both of its triangles, until none is:
// a closed surface stays closed. Edges whose ends are next to each other as floats stay.
void split_long_edges(mesh& model, double longest);
// The same where it is asked for: `longest` is told for each triangle, infinite for one that may stay as it
// is. Its neighbours are split as far as they have to be.
void split_long_edges(mesh& model, const std::function<double(const triangle&)>& longest);

} // namespace layerline::workshop
