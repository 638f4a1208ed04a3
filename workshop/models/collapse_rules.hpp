// Which edges may collapse.
#pragma once

#include "workshop/models/corner_table.hpp"
#include "workshop/models/mesh.hpp"

#include <cstdint>

namespace layerline::workshop {

// Whether `p`, whose closed ring is `about`, may be joined to `to`, one of it, that has `across` about it:
// the surface stays one with two triangles at each edge, and no triangle turns over or gets too flat.
bool may_join(const mesh& model, std::uint32_t p, std::uint32_t to, const corner_table::ring& about,
              const corner_table::ring& across);

} // namespace layerline::workshop
