#include "workshop/models/lattice.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

box_of_points box_of(const mesh& model)
{
    const auto& first = model.points.front();
    box_of_points box{{first.x, first.y, first.z}, {first.x, first.y, first.z}, 0, 0};
    for (const auto& at : model.points) {
        box.least = {std::min<double>(box.least.x, at.x), std::min<double>(box.least.y, at.y),
                     std::min<double>(box.least.z, at.z)};
        box.most = {std::max<double>(box.most.x, at.x), std::max<double>(box.most.y, at.y),
                    std::max<double>(box.most.z, at.z)};
    }
    const vector3 across{box.most.x - box.least.x, box.most.y - box.least.y, box.most.z - box.least.z};
    box.diagonal = std::sqrt(dot(across, across));
    for (const auto end : {box.least.x, box.least.y, box.least.z, box.most.x, box.most.y, box.most.z})
        box.farthest = std::max(box.farthest, std::abs(end));
    return box;
}

lattice lattice_around(const box_of_points& box, double step, int margin)
{
    constexpr double off = 0.3719; // of a step
    const auto points = [&](double length) {
        return static_cast<int>(std::ceil(length / step)) + 2 * margin + 1;
    };
    const auto before = (margin + off) * step;
    return {{box.least.x - before, box.least.y - before, box.least.z - before},
            step,
            {points(box.most.x - box.least.x), points(box.most.y - box.least.y),
             points(box.most.z - box.least.z)}};
}

} // namespace layerline::workshop
