// What importers take, and how they say what they do not.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <cstddef>
#include <string>

namespace layerline::workshop {

struct import_limits {
    std::size_t max_triangles = 5'000'000; // more: 201
    float max_coordinate = 1e6F;           // mm from the origin; farther is no printable model: 202
};

// 202 with the reason and the place.
model_failure unreadable(std::string detail);
// 201.
model_failure too_many(std::size_t count, std::size_t most);
// Whether each coordinate is a number and near enough.
bool sane(const point& at, float most);

} // namespace layerline::workshop
