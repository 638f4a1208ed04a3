#include "workshop/models/camera_view.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double radians = 3.141592653589793 / 180;
constexpr std::size_t share = 32'768;
constexpr double filled = 0.92;                  // of the narrower side
constexpr double dark = 0.3;                     // of a triangle without light
constexpr vector3 to_light{-0.43, 0.55, -0.715}; // rightward, upward, away from the camera

vector3 turned(vector3 way, const camera_angles& angles)
{
    const auto turn = [](double& first, double& second, double degrees) {
        const auto c = std::cos(degrees * radians), s = std::sin(degrees * radians), old = first;
        first = c * old - s * second;
        second = s * old + c * second;
    };
    turn(way.y, way.z, angles.x);
    turn(way.z, way.x, angles.y);
    turn(way.x, way.y, angles.z);
    return way;
}

struct range {
    double least = 1e30, most = -1e30;
    void take(double value)
    {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    void take(const range& other)
    {
        least = std::min(least, other.least);
        most = std::max(most, other.most);
    }
    double middle() const { return (least + most) / 2; }
    double length() const { return most - least; }
};

struct extent {
    range across, along, away;
    void take(const extent& other)
    {
        across.take(other.across);
        along.take(other.along);
        away.take(other.away);
    }
};

} // namespace

camera_view seen(const mesh& model, const camera_angles& angles, double width, double height,
                 unsigned threads)
{
    const auto right = turned({1, 0, 0}, angles), ahead = turned({0, 1, 0}, angles),
               up = turned({0, 0, 1}, angles);
    std::vector<extent> extents(meant(threads));
    in_shares(model.points.size(), share, threads, [&](std::size_t first, std::size_t end, unsigned worker) {
        extent mine;
        for (auto i = first; i < end; ++i) {
            const vector3 place{model.points[i].x, model.points[i].y, model.points[i].z};
            mine.across.take(dot(place, right));
            mine.along.take(dot(place, up));
            mine.away.take(dot(place, ahead));
        }
        extents[worker].take(mine);
    });
    for (const auto& one : extents)
        extents.front().take(one);
    const auto &across = extents.front().across, &along = extents.front().along, &away = extents.front().away;
    const auto scale = filled / std::max({across.length() / width, along.length() / height, 1e-9});
    camera_view view;
    view.points.resize(model.points.size());
    in_shares(model.points.size(), share, threads, [&](std::size_t first, std::size_t end) {
        for (auto i = first; i < end; ++i) {
            const vector3 place{model.points[i].x, model.points[i].y, model.points[i].z};
            view.points[i] = {static_cast<float>(width / 2 + scale * (dot(place, right) - across.middle())),
                              static_cast<float>(height / 2 - scale * (dot(place, up) - along.middle())),
                              static_cast<float>(scale * (dot(place, ahead) - away.middle()))};
        }
    });
    view.shades.resize(model.triangles.size());
    in_shares(model.triangles.size(), share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end; ++t) {
            const auto& [a, b, c] = model.triangles[t];
            const auto normal = cross(difference(model.points[b], model.points[a]),
                                      difference(model.points[c], model.points[a]));
            const auto length = std::sqrt(dot(normal, normal));
            // The side that the camera sees is the one that is lit.
            const auto facing = dot(normal, ahead) > 0 ? -1 : 1;
            const auto lit = facing * (to_light.x * dot(normal, right) + to_light.y * dot(normal, up) +
                                       to_light.z * dot(normal, ahead));
            const auto shine = length > 0 ? std::max(0.0, lit / length) : 0;
            view.shades[t] = static_cast<std::uint8_t>(255 * (dark + (1 - dark) * shine));
        }
    });
    return view;
}

} // namespace layerline::workshop
