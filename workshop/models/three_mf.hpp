// 3MF: XML in a ZIP archive, with units, components with transforms, and parts in files of their own (the
// production extension). Pure.
#pragma once

#include "workshop/models/import_limits.hpp"
#include "workshop/models/zip_archive.hpp"

#include <string>
#include <string_view>

namespace layerline::workshop {

// What the file says is to be built, as one mesh in mm. 201 for what is too large, packed or unpacked, 202
// for what cannot be read, with the file in the archive and its line.
model_result<mesh> read_three_mf(std::string_view bytes, const import_limits& limits = {},
                                 const zip_limits& archive = {});
// One object, in mm.
std::string write_three_mf(const mesh& model);

} // namespace layerline::workshop
