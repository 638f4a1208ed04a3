// Points of a mesh in parts at which threads work side by side, and what lies between the parts.
#pragma once

#include "workshop/models/corner_table.hpp"
#include "workshop/models/shares.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace layerline::workshop {

// Points that one thread works at: those with these numbers.
struct point_part {
    std::uint32_t least = 0, most = corner_table::none;

    bool has(std::uint32_t p) const { return p >= least && p <= most; }
    bool has(const corner_table::ring& about) const
    {
        return std::all_of(about.begin(), about.end(),
                           [this](const corner_table::side& s) { return has(s.next); }) &&
               (about.closed || about.count == 0 || has(about.sides.at(about.count - 1).last));
    }
};

// Calls `work(points, part, later)` for runs of `points`, which ascend, on `threads` cores, and once more,
// with all there are for its part, for what it put to `later`; it returns how many that are. Points near each
// other in number should be so in space. The parts are the same for any number of threads. `room` is as large
// as `points`. `work` must not throw.
template <class Work>
void in_parts(std::span<const std::uint32_t> points, std::vector<std::uint32_t>& room, unsigned threads,
              const Work& work)
{
    constexpr std::size_t points_a_part = 16'384; // about one of thirty is at a part's rim then
    const auto parts = points.size() / points_a_part + 1;
    std::vector<std::size_t> late(parts, 0);
    in_shares(parts, 1, threads, [&](std::size_t k, std::size_t) {
        const auto first = k * points_a_part, end = std::min(first + points_a_part, points.size());
        if (first >= end) return;
        const point_part where{k == 0 ? 0 : points[first],
                               end == points.size() ? corner_table::none : points[end] - 1};
        late[k] = work(points.subspan(first, end - first), where, room.data() + first);
    });
    std::size_t count = 0;
    for (std::size_t k = 0; k < parts; ++k) {
        const auto* const from = room.data() + k * points_a_part;
        std::copy(from, from + late[k], room.data() + count);
        count += late[k];
    }
    work(std::span<const std::uint32_t>(room.data(), count), point_part{}, room.data());
}

} // namespace layerline::workshop
