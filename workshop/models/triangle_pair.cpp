#include "workshop/models/triangle_pair.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerline::workshop {

namespace {

using heights = std::array<double, 3>;

vector3 minus(const vector3& a, const vector3& b)
{
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

struct interval {
    double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
    void take(double value)
    {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

double shared_length(const interval& a, const interval& b)
{
    return std::min(a.high, b.high) - std::max(a.low, b.low);
}

// Of the corners over the other's plane. One that both have is in it, whatever the rounding.
heights over(const placed_triangle& plane, const placed_triangle& of, double tolerance)
{
    heights found{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto corner = of.corners[i];
        if (corner == plane.corners[0] || corner == plane.corners[1] || corner == plane.corners[2]) continue;
        found.at(i) = height_over(plane, of.at.at(i), tolerance);
    }
    return found;
}

bool on_one_side(const heights& of)
{
    return (of[0] > 0 && of[1] > 0 && of[2] > 0) || (of[0] < 0 && of[1] < 0 && of[2] < 0);
}

bool on_both_sides(const heights& of)
{
    return (of[0] > 0 || of[1] > 0 || of[2] > 0) && (of[0] < 0 || of[1] < 0 || of[2] < 0);
}

bool in_plane(const heights& of)
{
    return of[0] == 0 && of[1] == 0 && of[2] == 0;
}

interval along(const placed_triangle& of, const vector3& axis, const vector3& origin)
{
    interval found;
    for (const auto& at : of.at)
        found.take(dot(minus(at, origin), axis));
    return found;
}

// Two triangles of one plane have an area in common if no edge of either parts them.
bool overlap_in(const vector3& normal, const placed_triangle& a, const placed_triangle& b, double tolerance)
{
    for (const auto* const of : {&a, &b})
        for (std::size_t i = 0; i < 3; ++i) {
            const auto edge = minus(of->at.at((i + 1) % 3), of->at.at(i));
            auto axis = cross(normal, edge);
            const auto length = std::sqrt(dot(axis, axis));
            if (!(length > 0)) return false;
            axis = {axis.x / length, axis.y / length, axis.z / length};
            if (shared_length(along(a, axis, of->at.at(i)), along(b, axis, of->at.at(i))) <= tolerance)
                return false;
        }
    return true;
}

// The part of the line that both planes share which is in the triangle; empty if that is a point or nothing.
interval cut(const placed_triangle& of, const heights& high, const vector3& line, const vector3& origin)
{
    interval found;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto j = (i + 1) % 3;
        const auto here = dot(minus(of.at.at(i), origin), line);
        if (high.at(i) == 0) found.take(here);
        if (!((high.at(i) > 0 && high.at(j) < 0) || (high.at(i) < 0 && high.at(j) > 0))) continue;
        const auto there = dot(minus(of.at.at(j), origin), line);
        found.take(here + (there - here) * (high.at(i) / (high.at(i) - high.at(j))));
    }
    return found;
}

// Of a triangle with two corners in the other's plane.
pair_relation on_edge(pair_kind kind, const heights& of)
{
    for (std::uint8_t third = 0; third < 3; ++third)
        if (of.at(third) != 0)
            return {.kind = kind, .edge = static_cast<std::uint8_t>((third + 1) % 3), .side = of.at(third)};
    return {};
}

} // namespace

placed_triangle placed(const mesh& model, std::uint32_t which)
{
    placed_triangle made;
    made.corners = model.triangles[which];
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& at = model.points[made.corners.at(i)];
        made.at.at(i) = {at.x, at.y, at.z};
    }
    const auto normal = cross(minus(made.at[1], made.at[0]), minus(made.at[2], made.at[0]));
    const auto length = std::sqrt(dot(normal, normal));
    if (length > 0) made.normal = {normal.x / length, normal.y / length, normal.z / length};
    return made;
}

double height_over(const placed_triangle& plane, const vector3& at, double tolerance)
{
    const auto height = dot(plane.normal, minus(at, plane.at[0]));
    return std::abs(height) <= tolerance ? 0 : height;
}

pair_relation relation(const placed_triangle& first, const placed_triangle& second, double tolerance)
{
    const auto one = over(second, first, tolerance);
    if (on_one_side(one)) return {};
    const auto other = over(first, second, tolerance);
    if (on_one_side(other)) return {};
    if (dot(first.normal, first.normal) == 0 || dot(second.normal, second.normal) == 0) return {};
    if (in_plane(one) || in_plane(other)) {
        const auto& normal = in_plane(one) ? second.normal : first.normal;
        if (overlap_in(normal, first, second, tolerance)) return {.kind = pair_kind::overlapping};
        return {};
    }
    const bool through = on_both_sides(one), through_other = on_both_sides(other);
    if (!through && !through_other) return {};
    auto line = cross(first.normal, second.normal);
    const auto length = std::sqrt(dot(line, line));
    if (!(length > 0)) return {};
    line = {line.x / length, line.y / length, line.z / length};
    const auto& origin = first.at[0];
    if (shared_length(cut(first, one, line, origin), cut(second, other, line, origin)) <= tolerance)
        return {};
    if (through && through_other) return {.kind = pair_kind::crossing};
    return through ? on_edge(pair_kind::second_on_edge, other) : on_edge(pair_kind::first_on_edge, one);
}

} // namespace layerline::workshop
