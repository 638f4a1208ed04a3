// Solids with known figures, for tests.
#pragma once

#include "workshop/models/mesh.hpp"

#include <string>
#include <utility>
#include <vector>

namespace layerline::workshop::shapes {

// A box from the origin to (x, y, z): 12 triangles, 8 points.
mesh box(float x, float y, float z);
// An icosahedron whose triangles were quartered `rounds` times, on a sphere about `centre`.
mesh sphere(float radius, int rounds, point centre = {});
// About the z axis; each way round in `steps` parts.
mesh torus(float radius, float tube, std::uint32_t steps);
// Both, not connected.
mesh together(const mesh& one, const mesh& other);
// Inside out.
mesh turned(mesh model);
// Twenty solids, with names: round, flat, thin, hollow, crossing, small, far from the origin.
std::vector<std::pair<std::string, mesh>> many();

} // namespace layerline::workshop::shapes
