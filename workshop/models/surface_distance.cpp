#include "workshop/models/surface_distance.hpp"

#include "workshop/models/triangle_tree.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double degrees = 180 / 3.141592653589793;
constexpr std::size_t share_left_out = 100; // one place of so many may face another way

vector3 mix(const mesh& model, const triangle& one, const vector3& weights)
{
    const auto &a = model.points[one[0]], &b = model.points[one[1]], &c = model.points[one[2]];
    return {weights.x * a.x + weights.y * b.x + weights.z * c.x,
            weights.x * a.y + weights.y * b.y + weights.z * c.y,
            weights.x * a.z + weights.y * b.z + weights.z * c.z};
}

vector3 normal_of(const mesh& model, std::uint32_t t)
{
    const auto& [a, b, c] = model.triangles[t];
    return cross(difference(model.points[b], model.points[a]), difference(model.points[c], model.points[a]));
}

double angle(const vector3& a, const vector3& b)
{
    const auto lengths = std::sqrt(dot(a, a) * dot(b, b));
    return lengths > 0 ? std::acos(std::clamp(dot(a, b) / lengths, -1.0, 1.0)) * degrees : 0;
}

std::size_t stride(std::size_t count, std::size_t most)
{
    return std::max<std::size_t>(1, (count + most - 1) / std::max<std::size_t>(most, 1));
}

// Along the tree's order, so that each search begins where the one before it ended.
double from_corners(const mesh& from, const triangle_tree& here, const triangle_tree& there,
                    std::size_t places)
{
    double farthest = 0;
    std::uint32_t hint = 0;
    const auto step = stride(from.triangles.size(), places);
    for (std::size_t i = 0; i < from.triangles.size(); i += step) {
        const auto& at = from.points[from.triangles[here.order()[i]][0]];
        const auto found = there.nearest({at.x, at.y, at.z}, hint);
        hint = found.triangle;
        farthest = std::max(farthest, found.squared_distance);
    }
    return std::sqrt(farthest);
}

} // namespace

surface_difference difference_of(const mesh& one, const mesh& other, std::size_t places)
{
    surface_difference measured;
    const triangle_tree there(one), here(other);
    measured.farthest = from_corners(one, there, here, places);
    std::vector<double> turns;
    std::uint32_t hint = 0;
    const auto step = stride(4 * other.triangles.size(), places);
    for (std::size_t i = 0; i < other.triangles.size(); i += step) {
        const auto t = here.order()[i];
        const auto& corners = other.triangles[t];
        for (const auto& weights : {vector3{1 / 3.0, 1 / 3.0, 1 / 3.0}, vector3{0.5, 0.5, 0},
                                    vector3{0, 0.5, 0.5}, vector3{0.5, 0, 0.5}}) {
            const auto found = there.nearest(mix(other, corners, weights), hint);
            hint = found.triangle;
            measured.farthest = std::max(measured.farthest, std::sqrt(found.squared_distance));
            if (weights.x == weights.z && weights.x == weights.y) // the centre
                turns.push_back(angle(normal_of(other, t), normal_of(one, found.triangle)));
        }
    }
    const auto at = turns.end() - 1 - static_cast<std::ptrdiff_t>(turns.size() / share_left_out);
    std::nth_element(turns.begin(), at, turns.end());
    measured.turned = *at;
    return measured;
}

} // namespace layerline::workshop
