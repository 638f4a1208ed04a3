// Object File Format, text: OFF, COFF, NOFF, STOFF and their combinations; normals and colours are left out.
// Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <string>
#include <string_view>

namespace layerline::workshop {

// Whether its first word is one of those.
bool looks_like_off(std::string_view text);
// 201 for too many triangles, 202 with the line for what cannot be read.
model_result<mesh> read_off(std::string_view text, const import_limits& limits = {});
// Nine significant digits: reading it gives the same floats.
std::string write_off(const mesh& model);

} // namespace layerline::workshop
