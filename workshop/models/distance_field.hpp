// How far each point of a lattice is from a mesh, near the mesh: OpenVDB's sparse grid behind a narrow face.
// The library that makes it is loaded at its first use.
#pragma once

#include "workshop/models/distance_grid.hpp"
#include "workshop/models/lattice.hpp"
#include "workshop/models/model_error.hpp"

#include <functional>
#include <memory>

namespace layerline::workshop {

// Loads the library unless that was done: it is beside the program, in ../lib/layerline. To be called before
// the process may not open files any more. 70 if the library, or OpenVDB, is not there.
model_result<void> load_distance_grids();

class distance_field {
public:
    // To the nearest triangle, whichever way it looks; what is farther than `reach` steps counts as that
    // far. With as many threads as given, 0: one a core. Throws std::bad_alloc, and std::logic_error where
    // the library cannot be loaded: whoever lets others choose has asked load_distance_grids().
    distance_field(const mesh& model, const lattice& points, double reach, unsigned threads);

    // In steps. Quick for points that lie near the one that was asked before.
    float at(int x, int y, int z) const { return grid_->at(x, y, z); }
    // Each point of the lattice that is within reach, with its distance; not all of those that are farther.
    void for_each(const std::function<void(int x, int y, int z, float distance)>& work) const;

private:
    std::unique_ptr<const distance_grid> grid_;
    lattice points_;
};

} // namespace layerline::workshop
