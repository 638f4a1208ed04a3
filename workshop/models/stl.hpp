// STL, binary and ASCII. Pure: bytes in, a mesh out, and back. Format facts: the binary form has 80 bytes of
// anything, a little-endian count and 50 bytes a triangle (normal, three corners, two bytes of which colour
// extensions make use); the ASCII form begins with "solid". Binary files that begin with "solid" are common.
#pragma once

#include "workshop/models/import_limits.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace layerline::workshop {

// Whether it has just the size that its count of triangles says.
bool is_binary_stl(std::span<const char> bytes);

// Told apart by the size first, then by the keywords; never one as the other after an error. Corners are not
// welded. Fails with 201 for too many triangles, 202 for whatever cannot be read (the text gives the place),
// a coordinate that is not finite or absurd, no triangle at all.
model_result<mesh> read_stl(std::span<const char> bytes, const import_limits& limits = {});

// Normals are computed; those of triangles without area are 0.
std::string binary_stl(const mesh& model);
// Nine significant digits: reading it gives the same floats.
std::string ascii_stl(const mesh& model, std::string_view name);

} // namespace layerline::workshop
