// AMF (ISO/ASTM 52915): XML, plain or in a ZIP archive, with units, objects of several volumes, and
// constellations that put objects in place. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"
#include "workshop/models/zip_archive.hpp"

#include <string_view>

namespace layerline::workshop {

// Whether it is XML whose first element is "amf".
bool looks_like_amf(std::string_view bytes);
// Whether an archive holds an AMF file, and nothing that makes it a 3MF.
bool holds_amf(const zip_archive& archive);

// All objects and constellations that no constellation puts anywhere, as one mesh in mm, each where it says.
// Curved triangles are flat; volumes of the type "support" are left out. 200 for a unit that is not known,
// 201 for what is too large, packed or unpacked, 202 with the line for what cannot be read.
model_result<mesh> read_amf(std::string_view bytes, const import_limits& limits = {},
                            const zip_limits& archive = {});

} // namespace layerline::workshop
