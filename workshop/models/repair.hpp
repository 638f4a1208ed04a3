// Makes a surface the skin of a solid: closed, with two triangles at each edge, looking outward. A mesh that
// is so already is not touched.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace layerline::workshop {

struct repair_options {
    // Cracks up to this wide are sewn up, mm; nothing: a five-thousandth of the model's diagonal.
    std::optional<float> tolerance;
    bool drop_noise_shells = false;
    unsigned threads = 0; // at work on so many cores; 0: on all. The result is the same with any number
    std::function<void(double)> progress = [](double) {};
};

struct repair_report {
    bool changed = false;
    std::size_t points_joined = 0;      // across cracks
    std::size_t degenerate_removed = 0; // triangles without area
    std::size_t duplicates_removed = 0; // triangles with the corners of another
    std::size_t flaps_removed = 0;      // triangles at edges that had their two already
    std::size_t triangles_turned = 0;
    std::size_t points_split = 0; // where parts touched along an edge
    std::size_t holes_filled = 0, triangles_added = 0;
    std::size_t noise_shells_removed = 0;
    std::size_t open_edges = 0, crowded_edges = 0; // left; 0 but where no way was found
};

// Of a mesh whose equal points are one (weld_equal). Linear in time but for very large holes.
repair_report repair(mesh& model, const repair_options& options = {});

} // namespace layerline::workshop
