// How far each point of a lattice is from a mesh, near the mesh: OpenVDB's sparse grid behind a narrow face,
// so that its headers are compiled in one unit.
#pragma once

#include "workshop/models/lattice.hpp"

#include <functional>
#include <memory>

namespace layerline::workshop {

class distance_field {
public:
    // To the nearest triangle, whichever way it looks; what is farther than `reach` steps counts as that
    // far. With as many threads as given, 0: one a core. Throws std::bad_alloc.
    distance_field(const mesh& model, const lattice& points, double reach, unsigned threads);
    ~distance_field();
    distance_field(const distance_field&) = delete;
    distance_field& operator=(const distance_field&) = delete;

    // In steps. Quick for points that lie near the one that was asked before.
    float at(int x, int y, int z) const;
    // Each point of the lattice that is within reach, with its distance; not all of those that are farther.
    void for_each(const std::function<void(int x, int y, int z, float distance)>& work) const;

private:
    struct grid;
    std::unique_ptr<grid> grid_;
    lattice points_;
};

} // namespace layerline::workshop
