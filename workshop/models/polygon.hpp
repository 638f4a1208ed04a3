// Polygons with more than three corners, as formats have them, become triangles.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace layerline::workshop {

// Corners by which least_area() is asked at most: it is cubic in time.
inline constexpr std::size_t most_for_least_area = 64;

// The triangles of least area between the corners, in their order: flat and not crossing for a flat polygon,
// also a concave one. `taken(a, b)` says which points must not be joined. Nothing if there is no way.
std::vector<triangle> least_area(const mesh& model, const std::vector<std::uint32_t>& corners,
                                 const std::function<bool(std::uint32_t, std::uint32_t)>& taken);

// Appends the polygon's triangles; those with over 64 corners are taken for convex.
void add_polygon(mesh& model, const std::vector<std::uint32_t>& corners);

} // namespace layerline::workshop
