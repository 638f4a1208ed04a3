// Which points of a lattice lie inside of a closed mesh.
#pragma once

#include "workshop/models/voxel_set.hpp"

namespace layerline::workshop {

// The points that the surface winds about at least once: within cavities they are outside, where parts
// overlap inside. Exact but for rounding; each line of the lattice is decided in the same way by both
// triangles at an edge. The lattice must reach past the model, in which each edge has two triangles that look
// the same way.
voxel_set inside_of(const mesh& model, const lattice& points);

} // namespace layerline::workshop
