// glTF's accessors: typed numbers in the file's buffers, every bound checked before a byte is read.
#pragma once

#include "workshop/models/gltf_document.hpp"
#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace layerline::workshop {

// Positions, in the file's own unit: floats, or (KHR_mesh_quantization) bytes and shorts. 201 for more than
// `most`, 202 with the accessor's number for what is not in the buffers.
model_result<std::vector<point>> read_positions(const gltf_document& file, std::uint64_t accessor,
                                                std::size_t most);
// Indices: bytes, shorts or ints, unsigned.
model_result<std::vector<std::uint32_t>> read_indices(const gltf_document& file, std::uint64_t accessor,
                                                      std::size_t most);

} // namespace layerline::workshop
