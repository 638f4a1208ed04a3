// Wavefront OBJ: the points ("v") and faces ("f"); whatever else there is, is left out. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <string>
#include <string_view>

namespace layerline::workshop {

// Whether it begins like one: a word of the format at the beginning of each of its first lines.
bool looks_like_obj(std::string_view text);
// Faces with more than three corners become triangles; corners may be counted from the end. 201 for too many,
// 202 with the line for what cannot be read.
model_result<mesh> read_obj(std::string_view text, const import_limits& limits = {});
// Nine significant digits: reading it gives the same floats.
std::string write_obj(const mesh& model);

} // namespace layerline::workshop
