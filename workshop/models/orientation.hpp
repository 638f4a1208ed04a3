// Which triangles have to be turned over so that a surface looks one way, and outward.
#pragma once

#include "workshop/models/edges.hpp"

#include <vector>

namespace layerline::workshop {

// The triangles to turn over, in their order. Within what edges with two triangles connect, all are made to
// look the same way as the first; then the whole part outward by the sign of its volume, where that is one (a
// part with holes keeps to the way of the larger area). Parts inside others, whose outside is a cavity, look
// inward: they are told by how many parts lie around one of their points. Linear in time but for parts within
// parts. At work on `threads` cores; 0: on all. The result is the same with any number of them.
std::vector<std::uint32_t> turned_over(const mesh& model, const edge_links& links, unsigned threads = 0);

} // namespace layerline::workshop
