// Up to where a model is wide enough to be printed. Pure.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/slicing/region_plan.hpp"

#include <cstddef>

namespace layerline::workshop {

// The number, from 1, of the uppermost planned layer in whose middle a line of `line_mm` fits with a fifth of
// its width to spare; 0: there is none. Whatever is left out above it is too thin to be printed, whatever is
// missing below it is missing. Time grows with the layers above it.
std::size_t uppermost_wide_layer(const mesh& model, const region_plan& plan, double line_mm);

} // namespace layerline::workshop
