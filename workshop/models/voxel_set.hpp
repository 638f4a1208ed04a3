// A set of points of a lattice, as the solid that they are inside of. What is done to it makes sure that its
// surface is a closed manifold.
#pragma once

#include "workshop/models/lattice.hpp"

#include <cstdint>
#include <vector>

namespace layerline::workshop {

class voxel_set {
public:
    // Empty. The outermost points must stay out of it.
    explicit voxel_set(const lattice& points) : points_(points), in_(points.count(), 0) {}

    const lattice& points() const { return points_; }
    bool has(std::size_t index) const { return in_[index] != 0; }
    bool has(int x, int y, int z) const { return has(points_.index(x, y, z)); }
    void put(std::size_t index, bool in) { in_[index] = in ? 1 : 0; }

    // Adds what cannot be reached from the border, along the lattice, without passing through the set.
    void fill_enclosed();
    // Adds (or takes away) points until no square of four has two opposite corners in and two out, and no
    // cube has only two opposite corners in, or out. Whether anything was changed.
    bool make_well_composed(bool by_adding);
    // Keeps the part with the most points, or all with at least `least`; how many parts were taken away.
    std::size_t keep_largest();
    std::size_t drop_smaller_than(std::size_t least);
    std::size_t size() const;
    // Whether there is a point of the set within `reach` steps along each axis, for all points.
    std::vector<std::uint8_t> dilated(int reach) const;

private:
    // The number of the part of each point (from 1; 0: not in the set), and the size of each part.
    std::vector<std::size_t> parts(std::vector<std::uint32_t>& number_of) const;

    lattice points_;
    std::vector<std::uint8_t> in_;
};

} // namespace layerline::workshop
