// Models on the bed: scaled, turned, moved and cut off as a slice request says, and whether they fit. Pure.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/slicing/region_plan.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace layerline::workshop {

struct placed_volume {
    // In the bed's coordinates, mm: the origin is the bed's front left corner, z 0 its surface. Open where it
    // was cut off: nothing is left below 0 or above the model's `finish`.
    mesh shape;
    std::size_t extruder = 0;
    region_plan plan;
};

struct box3 {
    vector3 least, most; // mm
    double height() const { return most.z - least.z; }
};
// Of a mesh with at least one triangle.
box3 extent_of(const mesh& model);

// The mesh as model number `index` of the request asks for it: scaled, turned about x, then y, then z, the
// middle of its bounding box at the bed's middle plus `position`, its lowest point at position.z less the
// bottom's `cutOff`, and without what is below the bed or above `finish`. `data` is slice_request::data.
// 400 if nothing is left, or nothing finite.
slice_result<mesh> placed(mesh model, const nlohmann::json& data, std::size_t index);

// Leaves nothing of it above that height, mm; open there.
void cut_above(mesh& model, double height_mm);

// The volumes with their layers: 510, 511 and 400 as plan_regions() gives them, with the model's path.
slice_result<std::vector<placed_volume>> planned(std::vector<mesh> placed_meshes, const nlohmann::json& data);

// Whether all of them fit: 602, of the log's code -4 for a model, -11 for its brim, raft or skirt.
slice_result<void> check_fit(const nlohmann::json& data, std::span<const mesh> placed_meshes);

} // namespace layerline::workshop
