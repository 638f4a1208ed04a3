// The place of a surface that is nearest to a point, exactly, by Embree's tree.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace layerline::workshop {

class nearest_points {
public:
    // Of the mesh as it is now; it may go afterwards. Throws std::bad_alloc.
    nearest_points(const mesh& model, unsigned threads);
    ~nearest_points();
    nearest_points(const nearest_points&) = delete;
    nearest_points& operator=(const nearest_points&) = delete;

    // Moves each point that is nearer than `distance` mm straight away from what is nearest to it, until it
    // is that far; again where that brings it near something else. The least distance that is left.
    double keep_away(std::span<point> points, double distance) const;

private:
    struct tree;
    std::unique_ptr<tree> tree_;
    unsigned threads_;
};

} // namespace layerline::workshop
