// Where a part of a file is put in the model: what 3MF, AMF and glTF have alike.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <array>

namespace layerline::workshop {

// Rows of three: where the axes go, and the origin, in mm.
struct placement {
    std::array<double, 12> numbers{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};

    point apply(const point& at) const;
    bool mirrors() const;
};
// First `inner`, then `outer`.
placement combined(const placement& inner, const placement& outer);

// Adds a surface, put where `where` says; one that mirrors turns the triangles, so that they look outward as
// before. 201 for too many triangles, 202 where a point comes to lie too far away.
model_result<void> add_placed(mesh& model, const mesh& surface, const placement& where,
                              const import_limits& limits);

} // namespace layerline::workshop
