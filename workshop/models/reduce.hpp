// Fewer triangles for nearly the same surface.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <functional>

namespace layerline::workshop {

struct reduce_options {
    double accuracy = 0;    // mm: the surface moves by no more
    double most_turn = 15;  // degrees: the surface turns by no more, sharper edges stay
    int most_passes = 10;   // tries to find how coarse it may be
    std::size_t enough = 0; // no fewer triangles than this are wanted
    unsigned threads = 0;   // at work on so many cores; 0: on all
    std::function<void(double)> progress = [](double) {};
};

struct reduce_report {
    std::size_t before = 0, after = 0; // triangles
    double reached = 0;                // mm, as surface_distance.hpp measures it
    double turned = 0;                 // degrees, likewise
    int passes = 0;
};

// Of a mesh whose equal points are one (weld_equal). What is closed stays so, with two triangles at each
// edge. A mesh of which nothing can be left out stays as it is.
reduce_report reduce(mesh& model, const reduce_options& options);

} // namespace layerline::workshop
