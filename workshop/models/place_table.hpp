// Which points are at one place, found by several threads at once.
#pragma once

#include "workshop/models/mesh.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace layerline::workshop {

// A hash table with open addressing that gives each place a number. Which it is depends on how fast threads
// are; that the same place has the same one does not. -0 and 0 are the same, all coordinates must be finite.
class place_table {
public:
    // For at most so many points, put in by so many threads; `slots` is a power of two.
    place_table(std::size_t points, std::size_t slots, unsigned workers);

    // Says for each point which number its place has. False where there is too little room for that to be
    // quick; never so with twice as many slots as points. By each worker, from 0, on one thread at a time.
    bool put(std::span<const point> points, std::uint32_t* numbers, unsigned worker);

    // One more than the highest number; some below stand for no place.
    std::size_t size() const { return given_; }
    point place(std::uint32_t number) const
    {
        const auto& at = places_[number];
        return {at[0], at[1], at[2]};
    }

private:
    using coordinates = std::array<float, 3>;
    // Numbers that a worker may give out. In a cache line of its own.
    struct alignas(64) supply {
        std::uint32_t next = 0, end = 0;
    };
    std::uint32_t number_of(const coordinates& at, std::uint32_t slot, supply& from);
    std::size_t patience_;
    std::vector<std::uint32_t> slots_;
    std::vector<supply> supplies_;
    std::unique_ptr<coordinates[]>
        places_; // NOLINT(*-avoid-c-arrays): memory that is not used is not touched
    std::atomic<std::uint32_t> given_{0};
};

} // namespace layerline::workshop
