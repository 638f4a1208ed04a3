// Which meshes a glTF file shows, and where.
#pragma once

#include "workshop/models/gltf_document.hpp"
#include "workshop/models/placement.hpp"

#include <cstdint>
#include <vector>

namespace layerline::workshop {

struct shown_mesh {
    std::uint64_t number = 0;
    placement where; // in mm, Z upward
};

// 202 for nodes that are not there, have two parents or no transform that can be read, and for figures whose
// pose (skin, weights) is not known here.
model_result<std::vector<shown_mesh>> shown_meshes(const nlohmann::json& document);

} // namespace layerline::workshop
