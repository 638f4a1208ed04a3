// Scaling by a factor and to a size.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <optional>

namespace layerline::workshop {

// Makes the bounding box `size` mm long along the axis (0 x, 1 y, 2 z), the other axes alike if `uniform`,
// about the model's origin; the factor. 400 for a model without length there, or one that would get farther
// than a kilometre from its origin.
model_result<double> scale_to_size(mesh& model, int axis, double size, bool uniform);

// Multiplies the coordinates of one axis, or of all, about the model's origin. 400 for a model that would get
// farther than a kilometre from there.
model_result<void> scale_by(mesh& model, double factor, std::optional<int> axis);

} // namespace layerline::workshop
