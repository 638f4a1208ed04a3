// Takes a round piece out of a surface.
#pragma once

#include "workshop/models/drill_axis.hpp"
#include "workshop/models/mesh.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace layerline::workshop {

// Cuts what of the surface is within the axis' radius and hangs together with where the axis passes through
// it, nearest to `depth`. The points of the rim, in the direction of the edges of the triangles that stay;
// nothing, with the mesh in any state, if the axis does not pass through it or there is not just one rim. The
// triangles there have to be small beside the radius; points that no triangle uses are left.
std::optional<std::vector<std::uint32_t>> cut_round(mesh& model, const drill_axis& axis, double depth);

} // namespace layerline::workshop
