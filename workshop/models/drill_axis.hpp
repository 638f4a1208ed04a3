// The cylinder of a hole, and what of a mesh touches it.
#pragma once

#include "workshop/models/mesh.hpp"

#include <array>
#include <optional>

namespace layerline::workshop {

// Seen along the axis: x and y across it, z along it, 0 at its beginning.
class drill_axis {
public:
    // `along` has the length 1.
    drill_axis(const vector3& begin, const vector3& along, double radius);

    vector3 seen(const point& at) const;
    double radius() const { return radius_; }
    // Of a place as seen.
    static double from_axis(const vector3& at);
    // Where the axis passes through a triangle.
    std::optional<double> crossing(const std::array<vector3, 3>& seen) const;
    // How near to the axis a triangle comes between two places along it; nothing if it does not reach there.
    static std::optional<double> nearest(const std::array<vector3, 3>& seen, double from, double to);

private:
    vector3 begin_, along_, right_, up_;
    double radius_;
};

} // namespace layerline::workshop
