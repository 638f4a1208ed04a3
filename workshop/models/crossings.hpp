// Triangles that go through others, and those that lie on others.
#pragma once

#include "workshop/models/edges.hpp"

#include <cstddef>

namespace layerline::workshop {

struct crossing_count {
    std::size_t crossing = 0;    // triangles that go through another
    std::size_t overlapping = 0; // triangles that lie in one plane with another and share area with it
    bool all = true;             // false: too many lie at one place; there are at least so many
};

// Nearer than this is the same place, mm: four steps of floats at the coordinate farthest from the origin.
double touching_distance(const mesh& model);

// Comparisons of boxes; one of triangles counts for eight. A mesh in which few triangles are near each needs
// about 150 for each of its triangles; one whose triangles all lie across each other would take their square.
std::size_t usual_patience(const mesh& model);

// Of a welded mesh. n log n as long as few triangles are near each; given up when `patience` is used up. At
// work on `threads` cores; 0: on all.
crossing_count count_crossings(const mesh& model, const edge_links& links, unsigned threads,
                               std::size_t patience);

} // namespace layerline::workshop
