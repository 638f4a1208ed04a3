// What operations do alike: their parameters for the input, reading it, writing the output.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/operations/operation.hpp"

#include <array>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::array<std::string_view, 5> unit_names{"mm", "cm", "m", "inch", "foot"};

inline constexpr parameter input_id{.name = "inputId",
                                    .kind = parameter_kind::model,
                                    .meaning = "a fileId, or the resultId of an earlier operation"};
inline constexpr parameter input_units{
    .name = "measurementUnits",
    .kind = parameter_kind::choice,
    .needed = false,
    .choices = unit_names,
    .wrong = model_errc::wrong_units,
    .meaning = "of a file that does not tell its own (default mm); a result is in mm"};

// The input in mm, its equal points one. Its `share` of the progress is told.
model_result<mesh> loaded(const operation_input& input, double share = 0.5);
// The same, but triangles with corners of their own keep them.
model_result<mesh> loaded_triangles(const operation_input& input, double share = 0.5);
// Writes the output.
model_result<void> kept(const operation_input& input, const mesh& model, std::string_view format);
model_result<void> kept(const operation_input& input, std::string_view bytes);

} // namespace layerline::workshop
