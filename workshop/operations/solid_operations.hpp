// Operations on solids that need a lattice or rays: the parameters of each, and its work, which has a file of
// its own.
#pragma once

#include "workshop/models/shrinkwrap.hpp"
#include "workshop/operations/operation_files.hpp"

#include <array>

namespace layerline::workshop {

inline constexpr std::array shrinkwrap_takes{
    input_id, input_units,
    parameter{.name = "accuracy",
              .kind = parameter_kind::choice,
              .choices = wrap_accuracy_names,
              .wrong = model_errc::shrinkwrap_accuracy,
              .meaning = "voxels along the diagonal: 128, 256 or 512"},
    parameter{.name = "keepParts",
              .kind = parameter_kind::flag,
              .needed = false,
              .meaning = "parts that stand apart each keep a surface (default: the largest alone)"}};
model_result<nlohmann::json> shrinkwrap_model(const operation_input& input);

} // namespace layerline::workshop
