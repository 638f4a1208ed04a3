// What can be said of a mesh: its size, what is wrong with it as the surface of a solid, and how good it is.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

// Something that was found: for programs and for people.
struct finding {
    std::string_view id; // "open_edges"
    std::string text;    // a sentence
};

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

    std::size_t open_edges = 0;       // one triangle
    std::size_t many_edges = 0;       // three triangles or more
    std::size_t flipped_edges = 0;    // two triangles that are turned against each other
    std::size_t degenerate = 0;       // triangles without area
    std::size_t duplicates = 0;       // triangles with the corners of another
    std::size_t inverted = 0;         // triangles to be turned over so that all look outward
    std::size_t noise_shells = 0;     // parts under a thousandth of the largest one's area
    std::size_t near_bad_edges = 0;   // open edges beside another open edge: cracks
    std::size_t crossing = 0;         // triangles that go through another
    std::size_t overlapping = 0;      // triangles that lie on another, in one plane
    bool crossings_counted = true;    // false: these two are the least that there are
    double faceting_deviation_mm = 0; // of the facets from the round surface that they seem to stand for

    std::size_t bad_edges() const { return open_edges + many_edges + flipped_edges; }
    bool watertight() const { return triangles > 0 && open_edges == 0 && many_edges == 0; }
    bool faceting_ok() const { return faceting_deviation_mm <= 0.1; }
    // Whether a slicer can know what is inside, and why not.
    bool printable() const { return reasons.empty(); }
    std::vector<finding> reasons;
    // What does not stand in the way of that, and should be known.
    std::vector<finding> warnings;
};

// Of a mesh whose equal points are one (weld_equal). n log n in time. At work on `threads` cores; 0: on all.
mesh_analysis analyse(const mesh& model, unsigned threads = 0);

} // namespace layerline::workshop
