// Points of the same place become one point: what a format stores triangle by triangle gets its connections
// back.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace layerline::workshop {

// Joins points whose coordinates are equal (-0 and 0 are), and drops points that no triangle uses; the others
// stand in the order of their first use. Triangles keep their order. Linear in time; all coordinates must be
// finite. At work on `threads` cores; 0: on all. The result is the same with any number of them.
void weld_equal(mesh& model, unsigned threads = 0);

// The same of triangles that each bring corners of their own, whose points nobody needs in one place: `count`
// triangles in shares of `share`; `corners(first, end, worker)` gives those of a share, three a triangle, in
// memory of that worker's, or an empty span, which ends all. It is called by `threads` workers at once, and
// maybe twice for a share. False if it ended so.
using corners_of = std::function<std::span<const point>(std::size_t first, std::size_t end, unsigned worker)>;
bool weld_corners(mesh& into, std::size_t count, std::size_t share, unsigned threads,
                  const corners_of& corners);

// Drops points that no triangle uses; the others stand in the order of their first use.
void keep_used(mesh& model, unsigned threads = 0);

// Joins points that are at most `tolerance` mm apart, in chains no longer than that allows: each point goes
// to the first one before it that is near enough, and stays there. Gives how many points were joined.
std::size_t weld_near(mesh& model, float tolerance);
// The same among the points that are marked only; points that this leaves without a triangle stay.
std::size_t weld_near(mesh& model, float tolerance, const std::vector<bool>& among, unsigned threads = 0);

} // namespace layerline::workshop
