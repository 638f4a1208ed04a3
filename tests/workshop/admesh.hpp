// What Debian's admesh, which shares no code with us, says of a mesh.
#pragma once

#include "workshop/models/mesh.hpp"

namespace layerline::workshop {

struct admesh_finding {
    long open_edges = -1, parts = -1; // -1: it is not installed
    double volume = 0;                // mm3
    long turned = 0;                  // facets that it turned over
};

// Looking for exact matches only.
admesh_finding asked_admesh(const mesh& model);

} // namespace layerline::workshop
