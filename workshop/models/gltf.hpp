// glTF 2.0, binary (.glb) or text with its buffers embedded (.gltf). Pure. Format facts: lengths are metres,
// Y is up.
#pragma once

#include "workshop/models/gltf_document.hpp"
#include "workshop/models/import_limits.hpp"

#include <string>
#include <string_view>

namespace layerline::workshop {

// The triangles, strips and fans of the default scene (else of the first; else of all nodes) as one mesh in
// mm, Z upward. Points, lines and materials are left out. 201 for what is too large or needs an extension
// that is not known, 202 with the place in the file for what cannot be read.
model_result<mesh> read_gltf(std::string_view bytes, const import_limits& limits = {},
                             const gltf_limits& text = {});
// As .glb: the coordinates are the mesh's own, and a transform makes metres of them, Y upward; so reading it
// gives the same floats.
std::string write_glb(const mesh& model);

} // namespace layerline::workshop
