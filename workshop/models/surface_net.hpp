// The surface of a set of voxels as triangles: a point in each cube that the surface passes through, joined
// across each lattice edge that it cuts ("surface nets").
#pragma once

#include "workshop/models/voxel_set.hpp"

#include <functional>

namespace layerline::workshop {

// `value` says where between two points of the lattice the surface is: below 0 in the set, above outside of
// it, in steps; where its sign is another, it counts as nearly 0. Of a set that is well composed and touches
// no border, the surface is closed, with two triangles at each edge and one fan at each point, looking
// outward: its cubes each have one sheet of the surface, and no edge of the lattice more than four cubes.
mesh surface_of(const voxel_set& solid, const std::function<float(int x, int y, int z)>& value);

} // namespace layerline::workshop
