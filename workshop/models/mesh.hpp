// A triangle mesh in millimetres: the one form in which every importer gives a model and every operation
// takes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace layerline::workshop {

struct point {
    float x = 0, y = 0, z = 0;
    friend bool operator==(const point&, const point&) = default;
};

using triangle = std::array<std::uint32_t, 3>; // indices of points, counter-clockwise as seen from outside

struct mesh {
    std::vector<point> points;
    std::vector<triangle> triangles;
};

// In double: sums over a million triangles, and differences of nearby points.
struct vector3 {
    double x = 0, y = 0, z = 0;
};

inline vector3 difference(const point& to, const point& from)
{
    return {static_cast<double>(to.x) - from.x, static_cast<double>(to.y) - from.y,
            static_cast<double>(to.z) - from.z};
}

inline vector3 cross(const vector3& a, const vector3& b)
{
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

inline double dot(const vector3& a, const vector3& b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

} // namespace layerline::workshop
