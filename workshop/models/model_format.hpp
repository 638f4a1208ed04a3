// The formats of models: told by what is in a file, never by its name; written by name. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <array>
#include <string>
#include <string_view>

namespace layerline::workshop {

// By content; 201 for a picture. STL is what nothing else claims, and says what is wrong.
model_result<mesh> read_model(std::string_view bytes, const import_limits& limits = {});

inline constexpr std::array<std::string_view, 5> format_names{"stl", "ascii-stl", "obj", "ply", "off"};
// As one of these, in any case: 900 for others.
model_result<std::string> exported(const mesh& model, std::string_view format);

} // namespace layerline::workshop
