// How far two surfaces are apart, measured at places of both.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/triangle_tree.hpp"

#include <cstddef>

namespace layerline::workshop {

struct surface_difference {
    double farthest = 0; // mm: the two-sided Hausdorff distance, as far as the places tell
    double turned = 0;   // degrees: at 99 of 100 places the surface faces the same way within this
};

// Measured from points of the one to the other and from edges' middles and triangles' centres of the other
// back, at most `places` each way, evenly over the meshes. Both have triangles.
// At work on `threads` cores; 0: on all.
surface_difference difference_of(const mesh& one, const mesh& other, std::size_t places,
                                 unsigned threads = 0);
// `tree` is of `one`: made once for many others.
surface_difference difference_of(const mesh& one, const triangle_tree& tree, const mesh& other,
                                 std::size_t places, unsigned threads = 0);

} // namespace layerline::workshop
