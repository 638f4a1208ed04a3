// Holes from the outside of a hollowed model to its cavity.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <span>

namespace layerline::workshop {

inline constexpr double least_drain_hole = 0.5, most_drain_hole = 50; // mm across
inline constexpr std::size_t most_drain_holes = 32;
inline constexpr double drain_hole_reach = 1; // mm: so far from the surface its place may be

struct drain_hole {
    point at; // on the outer surface
    double diameter = 0;
};

// `outer` and `inner`, whose surface looks inward, as one mesh with the holes between them. Each is round,
// stands square on the surface where it begins, and ends where it meets the cavity. The surfaces are cut, not
// made anew: triangles farther from a hole than a quarter of its radius stay where they are, some in parts.
// 802 with the hole's number where there is no such place, no cavity behind it, or something in the way. Both
// closed, with two triangles at each edge; so is what is made.
model_result<mesh> drilled(const mesh& outer, const mesh& inner, std::span<const drain_hole> holes);

} // namespace layerline::workshop
