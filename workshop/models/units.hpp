// Units of length of files that do not tell theirs. Never guessed.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <string_view>

namespace layerline::workshop {

// Millimetres in one unit: mm, cm, m, inch or foot, in any case. 200 for anything else.
model_result<double> millimetres(std::string_view unit);

// Multiplies all coordinates; 202 if one gets farther than 1 km from the origin, which no float of a
// printable model is.
model_result<void> scale_to_millimetres(mesh& model, double millimetres_in_unit);

} // namespace layerline::workshop
