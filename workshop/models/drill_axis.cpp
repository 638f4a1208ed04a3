#include "workshop/models/drill_axis.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace layerline::workshop {

namespace {

double across(const vector3& a, const vector3& b) // of the z component alone
{
    return a.x * b.y - a.y * b.x;
}

vector3 between(const vector3& a, const vector3& b, double share)
{
    return {a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), a.z + share * (b.z - a.z)};
}

// What of a polygon lies on one side of a plane across the axis: `sign` 1 above it, -1 below.
std::vector<vector3> clipped(const std::vector<vector3>& polygon, double plane, double sign)
{
    std::vector<vector3> kept;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const auto& a = polygon[i];
        const auto& b = polygon[(i + 1) % polygon.size()];
        const auto over_a = sign * (a.z - plane), over_b = sign * (b.z - plane);
        if (over_a >= 0) kept.push_back(a);
        if ((over_a < 0) != (over_b < 0)) kept.push_back(between(a, b, over_a / (over_a - over_b)));
    }
    return kept;
}

double segment_from_axis(const vector3& a, const vector3& b)
{
    const auto x = b.x - a.x, y = b.y - a.y, length = x * x + y * y;
    const auto share = length > 0 ? std::clamp(-(a.x * x + a.y * y) / length, 0.0, 1.0) : 0.0;
    return std::hypot(a.x + share * x, a.y + share * y);
}

} // namespace

drill_axis::drill_axis(const vector3& begin, const vector3& along, double radius)
    : begin_(begin), along_(along), radius_(radius)
{
    const vector3 other = std::abs(along.x) < 0.6 ? vector3{1, 0, 0} : vector3{0, 1, 0};
    right_ = cross(other, along);
    const auto length = std::sqrt(dot(right_, right_));
    right_ = {right_.x / length, right_.y / length, right_.z / length};
    up_ = cross(along, right_);
}

vector3 drill_axis::seen(const point& at) const
{
    const vector3 from{at.x - begin_.x, at.y - begin_.y, at.z - begin_.z};
    return {dot(from, right_), dot(from, up_), dot(from, along_)};
}

double drill_axis::from_axis(const vector3& at)
{
    return std::hypot(at.x, at.y);
}

std::optional<double> drill_axis::crossing(const std::array<vector3, 3>& seen) const
{
    const auto a = across(seen[1], seen[2]), b = across(seen[2], seen[0]), c = across(seen[0], seen[1]);
    const auto sum = a + b + c;
    const auto least = std::min({a, b, c}), most = std::max({a, b, c});
    // A little more than the triangle, so that the axis slips through no edge.
    const auto edge = 1e-9 * radius_ * radius_;
    if (sum == 0 || (least < -edge && most > edge)) return std::nullopt;
    return (a * seen[0].z + b * seen[1].z + c * seen[2].z) / sum;
}

std::optional<double> drill_axis::nearest(const std::array<vector3, 3>& seen, double from, double to)
{
    const auto [least, most] = std::minmax({seen[0].z, seen[1].z, seen[2].z});
    if (least > to || most < from) return std::nullopt;
    auto polygon = std::vector<vector3>(seen.begin(), seen.end());
    if (least < from) polygon = clipped(polygon, from, 1);
    if (most > to) polygon = clipped(polygon, to, -1);
    if (polygon.empty()) return std::nullopt;
    auto near = from_axis(polygon.front());
    double round = 0; // that it goes about the axis
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const auto& a = polygon[i];
        const auto& b = polygon[(i + 1) % polygon.size()];
        near = std::min(near, segment_from_axis(a, b));
        round += std::atan2(across(a, b), a.x * b.x + a.y * b.y);
    }
    return std::abs(round) > std::numbers::pi ? 0 : near;
}

} // namespace layerline::workshop
