// Takes the inside out of a closed model, but for a wall.
#pragma once

#include "workshop/models/drain_holes.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace layerline::workshop {

struct hollow_options {
    double wall = 2; // mm
    std::vector<drain_hole> drains;
    unsigned threads = 0; // 0: one a core
    std::function<void(double)> progress = [](double) {};
};

struct hollow_report {
    double voxel = 0;      // mm
    double least_wall = 0; // mm, at the cavities' points, exactly; no more than was asked for
    std::size_t cavities = 0;
    double removed_mm3 = 0; // the cavities, and the holes to them
};

// Adds the surfaces of cavities, which look inward and are one wall away from every surface of the model; its
// own points and triangles stay as they are, and come first. The voxels that the cavities are made from are a
// quarter of the wall, up to half of it for large models; points that come out nearer than the wall are moved
// away. Drain holes are cut into it afterwards. 202 for a model that is not closed, 800 where nothing is left
// to take out, 802 for drain holes that cannot be there, 201 for a model too large for the wall. Throws
// std::bad_alloc.
model_result<hollow_report> hollow(mesh& model, const hollow_options& options);

} // namespace layerline::workshop
