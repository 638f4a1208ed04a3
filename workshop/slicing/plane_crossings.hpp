// What one plane cuts out of the triangles that it crosses: lines, and loops of them. Pure.
#pragma once

#include "workshop/slicing/plane_slicer.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace layerline::workshop {

// An edge of the mesh by its two points, the lower index first.
using edge_key = std::uint64_t;

// Where a triangle crosses the plane, with the solid on the left.
struct crossing_line {
    edge_key from_edge = 0, to_edge = 0;
    plane_point from, to;
};

// Of a triangle with points on both sides of the plane; one on the plane counts as above it.
crossing_line crossing_of(const mesh& model, const triangle& one, double plane);

struct joined_loops {
    std::vector<contour> loops;
    bool one_way = true; // each loop has the solid on its left all along
    std::size_t gaps_closed = 0, lines_left_out = 0;
};

// Joins the lines by the edges that they share, then loose ends that lie at most `widest_gap_mm` apart,
// nearest first.
joined_loops join(std::span<const crossing_line> lines, double widest_gap_mm);

} // namespace layerline::workshop
