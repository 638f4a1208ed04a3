// Which points are at one place, found by several threads at once.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace layerline::workshop {

// A hash table with open addressing whose slots hold indices of points: of those at one place (-0 and 0 are
// the same) the lowest, whichever came first. What it says afterwards depends on no thread's speed.
class place_table {
public:
    // Room for as many places as `slots` says, a power of two. The points must stay where they are.
    place_table(const std::vector<point>& points, std::size_t slots);

    // Puts points in, and says for each in which slot its place is. False where there is too little room for
    // that to be quick; never so with half as many points as slots. Any number of threads may be here, each
    // with points of its own.
    bool put(std::size_t first, std::size_t end, std::uint32_t* slot_of);
    // The lowest of the points at that slot's place. Once all are in.
    std::uint32_t lowest(std::uint32_t slot) const { return slots_[slot]; }

private:
    std::uint32_t settled(std::uint32_t index, std::uint32_t slot);
    const point* points_;
    std::vector<std::uint32_t> slots_;
    std::size_t patience_;
};

} // namespace layerline::workshop
