// Edges at which three triangles or more meet: solids that touch along an edge are taken apart, flaps
// removed.
#pragma once

#include "workshop/models/edges.hpp"

#include <cstddef>

namespace layerline::workshop {

struct split_edges {
    std::size_t points = 0;    // added: the same places, moved inward by `apart`
    std::size_t triangles = 0; // removed
};

// Of a mesh whose triangles look outward; `links` are of it as it was. Around each such edge, the triangles
// that enclose material belong together; those without a partner go. The edges that this opens are left open.
split_edges split_crowded_edges(mesh& model, const edge_links& links, double apart);

// The rough way, for what the above leaves: all but one pair of triangles at each such edge go.
std::size_t thin_out_crowded_edges(mesh& model, const edge_links& links);

} // namespace layerline::workshop
