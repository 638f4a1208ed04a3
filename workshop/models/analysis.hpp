// What can be said of a mesh: its size, and what is wrong with it as the surface of a solid.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace layerline::workshop {

struct mesh_analysis {
    std::size_t vertices = 0; // places, each once
    std::size_t triangles = 0;
    std::size_t shells = 0;       // parts that no edge connects
    std::size_t contours = 0;     // closed chains of open edges: the rims of holes
    std::size_t planar_holes = 0; // contours that lie in a plane

    double volume_mm3 =
        0; // signed: below 0 where the surface is turned inside out; without meaning if not closed
    double surface_area_mm2 = 0;
    vector3 least, most; // corners of the bounding box, mm

    std::size_t open_edges = 0;    // one triangle
    std::size_t many_edges = 0;    // three triangles or more
    std::size_t flipped_edges = 0; // two triangles that are turned against each other
    std::size_t degenerate = 0;    // triangles without area
    std::size_t duplicates = 0;    // triangles with the corners of another
    std::size_t inverted = 0;      // triangles to be turned over so that all look outward
    std::size_t noise_shells = 0;  // parts under a thousandth of the largest one's area

    std::size_t bad_edges() const { return open_edges + many_edges + flipped_edges; }
    bool watertight() const { return triangles > 0 && open_edges == 0 && many_edges == 0; }
    // Whether a slicer can know what is inside, and why not, in sentences.
    bool printable() const { return reasons.empty(); }
    std::vector<std::string> reasons;
};

// Of a mesh whose equal points are one (weld_equal). Linear in time.
mesh_analysis analyse(const mesh& model);

} // namespace layerline::workshop
