// A box of evenly spaced points, and numbers in those spacings ("steps") instead of mm.
#pragma once

#include "workshop/models/mesh.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace layerline::workshop {

struct lattice {
    vector3 origin;  // of point (0, 0, 0), mm
    double step = 1; // mm
    std::array<int, 3> size{1, 1, 1};

    std::size_t count() const
    {
        return static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]) *
               static_cast<std::size_t>(size[2]);
    }
    std::size_t stride(int axis) const
    {
        return axis == 2   ? 1
               : axis == 1 ? static_cast<std::size_t>(size[2])
                           : static_cast<std::size_t>(size[1]) * static_cast<std::size_t>(size[2]);
    }
    std::size_t index(int x, int y, int z) const
    {
        return static_cast<std::size_t>(x) * stride(0) + static_cast<std::size_t>(y) * stride(1) +
               static_cast<std::size_t>(z);
    }
    vector3 in_steps(const point& at) const
    {
        return {(at.x - origin.x) / step, (at.y - origin.y) / step, (at.z - origin.z) / step};
    }
    point in_mm(const vector3& at) const
    {
        return {static_cast<float>(origin.x + at.x * step), static_cast<float>(origin.y + at.y * step),
                static_cast<float>(origin.z + at.z * step)};
    }
};

struct box_of_points {
    vector3 least, most;
    double diagonal = 0, farthest = 0; // farthest: largest absolute coordinate
};

// Of a mesh with at least one point.
box_of_points box_of(const mesh& model);

// Around the box, with at least `margin` points to each side. Faces that lie on round numbers do not lie on
// its points.
lattice lattice_around(const box_of_points& box, double step, int margin);

} // namespace layerline::workshop
