// Open edges beside other open edges: cracks, which sewing closes.
#pragma once

#include "workshop/models/edges.hpp"

#include <cstddef>

namespace layerline::workshop {

// How many open edges have their middle within `tolerance` mm of another open edge; of short edges within a
// quarter of their length, so that the next edge of the same rim does not count.
std::size_t count_near_edges(const mesh& model, const edge_links& links, double tolerance);

} // namespace layerline::workshop
