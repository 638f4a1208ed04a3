// PLY, text and binary of either byte order: points and faces; other elements and properties are left out.
// Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <string>
#include <string_view>

namespace layerline::workshop {

bool looks_like_ply(std::string_view bytes);
// 201 for too many triangles, 202 with the place for what cannot be read.
model_result<mesh> read_ply(std::string_view bytes, const import_limits& limits = {});
// Binary, little-endian.
std::string write_ply(const mesh& model);

} // namespace layerline::workshop
