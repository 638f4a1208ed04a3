// How two triangles of a mesh lie to each other: apart, on each other in one plane, or through each other.
#pragma once

#include "workshop/models/mesh.hpp"

#include <array>
#include <cstdint>

namespace layerline::workshop {

struct placed_triangle {
    triangle corners{}; // by these it is known which corners two triangles share
    std::array<vector3, 3> at;
    vector3 normal; // of length 1; all 0 without area
};

placed_triangle placed(const mesh& model, std::uint32_t which);

enum class pair_kind : std::uint8_t {
    apart,       // or touching: a corner or an edge of one on the other, or a corner or an edge of both
    overlapping, // in one plane, with an area in common
    crossing,    // both have corners on both sides of the other, and common points along a line
    // An edge of the one lies in the other: it crosses if the surface goes on on the other side there.
    first_on_edge,
    second_on_edge,
};

struct pair_relation {
    pair_kind kind = pair_kind::apart;
    std::uint8_t edge = 0; // of *_on_edge: from this corner to the next
    double side = 0;       // of *_on_edge: where its third corner is, mm from the other's plane
};

// What is at most `tolerance` mm deep or long does not count. Triangles without area are apart.
pair_relation relation(const placed_triangle& first, const placed_triangle& second, double tolerance);

// From a plane through a triangle; 0 within the tolerance.
double height_over(const placed_triangle& plane, const vector3& at, double tolerance);

} // namespace layerline::workshop
