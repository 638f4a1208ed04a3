// Wraps whatever triangles there are, open, crossing or loose, in one closed surface.
#pragma once

#include "workshop/models/mesh.hpp"
#include "workshop/models/model_error.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace layerline::workshop {

enum class wrap_accuracy : std::uint8_t { rough, smooth, detailed };
inline constexpr std::array<std::string_view, 3> wrap_accuracy_names{"Rough", "Smooth", "Detailed"};

struct wrap_options {
    wrap_accuracy accuracy = wrap_accuracy::smooth;
    std::optional<int> steps; // along the diagonal instead of the level's
    bool keep_parts = false;  // parts that stand apart stay, each with a surface of its own
    unsigned threads = 0;     // 0: one a core
    std::function<void(double)> progress = [](double) {};
};

struct wrap_report {
    double voxel = 0;      // mm
    double closed_gap = 0; // gaps, holes and slits up to this wide are closed, mm
    std::size_t parts = 0, parts_left_out = 0;
};

// Steps along the diagonal of the bounding box.
int wrap_resolution(wrap_accuracy accuracy);

// The model becomes the outer surface of what its triangles enclose: one closed manifold that looks outward,
// of the largest part (or of each). Cavities are filled; sheets and what is thinner than about a voxel and a
// half become two voxels thick. 202 for a model without extent; throws std::bad_alloc.
model_result<wrap_report> shrinkwrap(mesh& model, const wrap_options& options);

} // namespace layerline::workshop
