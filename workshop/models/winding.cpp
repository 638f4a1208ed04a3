#include "workshop/models/winding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

namespace layerline::workshop {

namespace {

// On which side of the line through a and b, seen along z, the point is: the same answer, turned, for b and
// a.
bool left_of(const vector3& a, const vector3& b, double x, double y)
{
    const bool turned = std::tie(b.x, b.y) < std::tie(a.x, a.y);
    const auto& from = turned ? b : a;
    const auto& to = turned ? a : b;
    const bool left = (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x) >= 0;
    return left != turned;
}

} // namespace

voxel_set inside_of(const mesh& model, const lattice& points)
{
    // Along each line, how the winding changes before each point.
    std::vector<std::int16_t> change(points.count(), 0);
    for (const auto& one : model.triangles) {
        const std::array at{points.in_steps(model.points[one[0]]), points.in_steps(model.points[one[1]]),
                            points.in_steps(model.points[one[2]])};
        const auto normal = cross({at[1].x - at[0].x, at[1].y - at[0].y, at[1].z - at[0].z},
                                  {at[2].x - at[0].x, at[2].y - at[0].y, at[2].z - at[0].z});
        if (normal.z == 0) continue; // seen from its edge
        const bool upward = normal.z > 0;
        const auto range = [&at](double vector3::*along, int most) {
            const auto [low, high] = std::minmax({at[0].*along, at[1].*along, at[2].*along});
            return std::pair(std::max(0, static_cast<int>(std::ceil(low))),
                             std::min(most - 1, static_cast<int>(std::floor(high))));
        };
        const auto [x0, x1] = range(&vector3::x, points.size[0]);
        const auto [y0, y1] = range(&vector3::y, points.size[1]);
        for (int x = x0; x <= x1; ++x)
            for (int y = y0; y <= y1; ++y) {
                bool within = true;
                for (std::size_t i = 0; i < 3 && within; ++i)
                    within = left_of(at.at(i), at.at((i + 1) % 3), x, y) == upward;
                if (!within) continue;
                const auto z = at[0].z - ((x - at[0].x) * normal.x + (y - at[0].y) * normal.y) / normal.z;
                const auto above = std::clamp(static_cast<int>(std::ceil(z)), 0, points.size[2] - 1);
                auto& there = change[points.index(x, y, above)];
                there = static_cast<std::int16_t>(there + (upward ? -1 : 1));
            }
    }
    voxel_set inside(points);
    for (std::size_t line = 0; line < change.size(); line += points.stride(1)) {
        int winding = 0;
        for (std::size_t i = line; i < line + points.stride(1); ++i) {
            winding += change[i];
            inside.put(i, winding > 0);
        }
    }
    return inside;
}

} // namespace layerline::workshop
