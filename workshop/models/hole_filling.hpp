// Closing the holes of a surface: each rim gets triangles of least area, so that flat holes stay flat and
// curved ones are spanned tightly, and no edge gets a third triangle.
#pragma once

#include "workshop/models/edges.hpp"

#include <cstddef>

namespace layerline::workshop {

struct filled_holes {
    std::size_t holes = 0;     // filled
    std::size_t triangles = 0; // added
    std::size_t points = 0;    // added, in the middle of rims that can be spanned in no other way
    std::size_t left = 0;      // rims that do not close
};

// Appends to the mesh, whose points are welded; `links` are of it as it was.
filled_holes fill_holes(mesh& model, const edge_links& links);

} // namespace layerline::workshop
