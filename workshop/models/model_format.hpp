// The formats of models: told by what is in a file, never by its name; written by name. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <array>
#include <string>
#include <string_view>

namespace layerline::workshop {

// By content; 201 for a picture and what else is known to be none. STL is what nothing else claims, and says
// what is wrong.
model_result<mesh> read_model(std::string_view bytes, const import_limits& limits = {});

// Whether what read_model() gives of it is in mm, since the file says in which unit it is.
bool tells_its_unit(std::string_view bytes);

inline constexpr std::array<std::string_view, 7> format_names{"stl", "ascii-stl", "obj", "ply",
                                                              "off", "3mf",       "glb"};
// For texts.
inline constexpr std::string_view read_formats = "STL, OBJ, PLY, OFF, 3MF, AMF and glTF",
                                  written_formats = "stl, ascii-stl, obj, ply, off, 3mf and glb";

// As one of these, in any case: 900 for others.
model_result<std::string> exported(const mesh& model, std::string_view format);

} // namespace layerline::workshop
