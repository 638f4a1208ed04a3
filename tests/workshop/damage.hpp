// What goes wrong with meshes, done to good ones on purpose; the same for the same seed.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstdint>

namespace layerline::workshop::shapes {

// How many triangles of a thousand get each.
struct damage {
    unsigned flipped = 0;    // turned over
    unsigned missing = 0;    // removed
    unsigned moved = 0;      // one corner moved by `by` mm, its neighbours' not: a crack
    unsigned doubled = 0;    // there twice
    unsigned degenerate = 0; // another one with two corners at one place
    unsigned flaps = 0;      // another one at one of its edges, standing off
    float by = 0.01F;
};

// Corner by corner, as an STL has it, with equal points made one.
mesh damaged(const mesh& good, const damage& how, std::uint32_t seed);

} // namespace layerline::workshop::shapes
