// The outlines of a mesh at given heights. Pure; works on several cores. Union and nesting are Clipper's.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace layerline::workshop {

// In tenths of a micron: exact where outlines meet, and Clipper's fast arithmetic up to 100 m.
struct plane_point {
    std::int64_t x = 0, y = 0;
    friend bool operator==(const plane_point&, const plane_point&) = default;
};
inline constexpr double plane_units_per_mm = 10'000;

using contour = std::vector<plane_point>; // closed; the last point is not the first

struct slice_outline {
    // Not crossing, outer ones counter-clockwise, holes clockwise: even-odd and winding give the same.
    std::vector<contour> contours;
    // Ends of lines that met nothing and were joined over a gap, or left out where it was too wide: faults of
    // the mesh at this height.
    std::size_t gaps_closed = 0, lines_left_out = 0;
    // mm2, holes taken off.
    double area_mm2() const;
};

struct plane_options {
    double widest_gap_mm = 2; // that is closed between two loose ends
    unsigned threads = 0;     // 0: one a core
};

// Calls `each` with the index of each plane and its outline, in order; false from it ends the work. `planes`
// are heights in mm, ascending. Of a mesh whose equal points are one (weld_equal). Time grows with the
// crossings of triangles and planes, memory with the triangles and with the crossings of some planes
// (4 million, or those of a single plane).
void slice_at(const mesh& model, std::span<const double> planes, const plane_options& options,
              const std::function<bool(std::size_t, slice_outline)>& each);

// The outline of several, as one.
slice_outline united(std::span<const slice_outline> all);

} // namespace layerline::workshop
