#include "workshop/engine/corner_discs.hpp"

#include "workshop/slicing/plane_slicer.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::uint32_t sides = 24;
constexpr double shortest_mm = 0.5; // edges of a corner: what is shorter is a curve

struct disc {
    double x = 0, y = 0, radius = 0, height = 0;
};

void add(mesh& to, const disc& one)
{
    const auto first = static_cast<std::uint32_t>(to.points.size());
    const auto height = static_cast<float>(one.height);
    for (std::uint32_t side = 0; side < sides; ++side) {
        const double angle = 2 * std::numbers::pi * side / sides;
        const auto x = static_cast<float>(one.x + one.radius * std::cos(angle)),
                   y = static_cast<float>(one.y + one.radius * std::sin(angle));
        to.points.push_back({x, y, 0});
        to.points.push_back({x, y, height});
    }
    for (std::uint32_t side = 0; side < sides; ++side) {
        const auto low = first + 2 * side, next = first + 2 * ((side + 1) % sides);
        to.triangles.push_back({low, next, next + 1});
        to.triangles.push_back({low, next + 1, low + 1});
        if (side == 0 || side + 1 == sides) continue;
        to.triangles.push_back({first, next, low});
        to.triangles.push_back({first + 1, low + 1, next + 1});
    }
}

struct vector2 {
    double x = 0, y = 0;
    double length() const { return std::hypot(x, y); }
};

vector2 way(const plane_point& from, const plane_point& to)
{
    return {static_cast<double>(to.x - from.x) / plane_units_per_mm,
            static_cast<double>(to.y - from.y) / plane_units_per_mm};
}

} // namespace

void add_corner_discs(std::vector<placed_volume>& volumes, const json& data)
{
    const auto& wish = data["absSupport"];
    if (!wish.is_object() || wish["numberOfLayers"] == 0) return;
    const double radius = wish["radius"].get<double>() / 1000,
                 sharpest = wish["activationAngle"].get<double>() * std::numbers::pi / 180;
    for (auto& volume : volumes) {
        if (volume.plan.regions.empty()) continue;
        const double layer = static_cast<double>(volume.plan.regions.front().layer_height) / 1000;
        const double line = data["extruders"][volume.extruder]["nozzleSize"].get<double>() / 1000;
        const double from_corner = radius - line * wish["overlap"].get<double>() / 100;
        std::vector<disc> discs;
        const std::array plane{layer / 2};
        slice_at(volume.shape, plane, {}, [&](std::size_t, const slice_outline& outline) {
            for (const auto& loop : outline.contours)
                for (std::size_t at = 0; at < loop.size() && discs.size() < most_discs; ++at) {
                    const auto& corner = loop[at];
                    const auto in = way(loop[(at + loop.size() - 1) % loop.size()], corner),
                               out = way(corner, loop[(at + 1) % loop.size()]);
                    const double before = in.length(), after = out.length();
                    if (before < shortest_mm || after < shortest_mm) continue;
                    const vector2 a{in.x / before, in.y / before}, b{out.x / after, out.y / after};
                    // Left turns are the solid's corners; the angle inside is what is left of half a turn.
                    const double turn = std::atan2(a.x * b.y - a.y * b.x, a.x * b.x + a.y * b.y);
                    if (turn <= 0 || std::numbers::pi - turn > sharpest + 1e-3) continue;
                    const vector2 outward{a.x - b.x, a.y - b.y};
                    const double size = outward.length();
                    discs.push_back(
                        {static_cast<double>(corner.x) / plane_units_per_mm + from_corner * outward.x / size,
                         static_cast<double>(corner.y) / plane_units_per_mm + from_corner * outward.y / size,
                         radius, layer * wish["numberOfLayers"].get<double>()});
                }
            return true;
        });
        for (const auto& one : discs)
            add(volume.shape, one);
    }
}

} // namespace layerline::workshop
