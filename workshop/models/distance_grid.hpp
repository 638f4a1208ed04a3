// The sparse grid behind distance_field, as the library that is loaded for it gives it. OpenVDB asks for
// 59,000 names to be bound when a program begins: 30 ms, and 28 MB of pages read in. Only processes that make
// a grid pay that.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

namespace layerline::workshop {

class distance_grid {
public:
    virtual ~distance_grid() = default;
    distance_grid() = default;
    distance_grid(const distance_grid&) = delete;
    distance_grid& operator=(const distance_grid&) = delete;

    // In steps; the reach for what is farther.
    virtual float at(int x, int y, int z) const = 0;
    // Each point that is within reach, and some that are not.
    virtual void for_each(const std::function<void(int x, int y, int z, float distance)>& work) const = 0;
};

struct grid_input {
    std::span<const std::array<float, 3>> places; // in steps
    std::span<const std::array<std::uint32_t, 3>> triangles;
    float reach = 0; // steps
    unsigned threads = 1;
};

// The library's one function: the grid is the caller's. Throws std::bad_alloc. Its name ends with the number
// of this interface, to be counted up with each change of it: a service that was not begun anew since an
// upgrade would take the new library for its own.
using distance_grid_maker = distance_grid* (*)(const grid_input& input);
inline constexpr const char* distance_grid_maker_name = "layerline_make_distance_grid_1";

} // namespace layerline::workshop
