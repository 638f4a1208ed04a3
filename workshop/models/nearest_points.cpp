#include "workshop/models/nearest_points.hpp"

#include "workshop/models/embree_scene.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_reduce.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerline::workshop {

namespace {

constexpr int most_moves = 4;
constexpr double settled = 1e-3; // of the distance

vector3 along(const vector3& from, double share, const vector3& way)
{
    return {from.x + share * way.x, from.y + share * way.y, from.z + share * way.z};
}

vector3 minus(const vector3& a, const vector3& b)
{
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

vector3 on_segment(const vector3& a, const vector3& b, const vector3& p)
{
    const auto way = minus(b, a);
    const auto length = dot(way, way);
    return along(a, length > 0 ? std::clamp(dot(minus(p, a), way) / length, 0.0, 1.0) : 0, way);
}

vector3 on_triangle(const vector3& a, const vector3& b, const vector3& c, const vector3& p)
{
    const auto normal = cross(minus(b, a), minus(c, a));
    const auto inside = [&](const vector3& from, const vector3& to) {
        return dot(cross(minus(to, from), minus(p, from)), normal) >= 0;
    };
    const auto length = dot(normal, normal);
    if (length > 0 && inside(a, b) && inside(b, c) && inside(c, a))
        return along(p, -dot(minus(p, a), normal) / length, normal);
    auto best = on_segment(a, b, p);
    for (const auto& other : {on_segment(b, c, p), on_segment(c, a, p)})
        if (dot(minus(other, p), minus(other, p)) < dot(minus(best, p), minus(best, p))) best = other;
    return best;
}

} // namespace

struct nearest_points::tree {
    mesh model;
    embree_scene scene;
    tree(const mesh& of, unsigned threads) : model(of), scene(model, threads) {}

    struct search {
        const mesh* model;
        vector3 from, best;
        double distance;
    };

    static bool closer(RTCPointQueryFunctionArguments* about)
    {
        auto& now = *static_cast<search*>(about->userPtr);
        const auto& one = now.model->triangles[about->primID];
        const auto corner = [&](std::size_t i) {
            const auto& at = now.model->points[one.at(i)];
            return vector3{at.x, at.y, at.z};
        };
        const auto place = on_triangle(corner(0), corner(1), corner(2), now.from);
        const auto apart = minus(place, now.from);
        const auto distance = std::sqrt(dot(apart, apart));
        if (distance >= now.distance) return false;
        now.distance = distance;
        now.best = place;
        about->query->radius = static_cast<float>(distance);
        return true;
    }

    // Within `reach` mm; a distance over that if there is nothing.
    search nearest(const vector3& from, double reach) const
    {
        search now{&model, from, {}, reach * 1.001};
        RTCPointQuery query{static_cast<float>(from.x), static_cast<float>(from.y),
                            static_cast<float>(from.z), 0, static_cast<float>(reach * 1.001)};
        RTCPointQueryContext context{};
        rtcInitPointQueryContext(&context);
        rtcPointQuery(scene.get(), &query, &context, &closer, &now);
        return now;
    }

    double move_away(point& at, double distance) const
    {
        double left = 0;
        for (int move = 0; move <= most_moves; ++move) {
            const vector3 from{at.x, at.y, at.z};
            const auto found = nearest(from, distance);
            left = std::min(found.distance, distance);
            if (left >= distance * (1 - settled) || left == 0 || move == most_moves) break;
            const auto to = along(found.best, distance / left, minus(from, found.best));
            at = {static_cast<float>(to.x), static_cast<float>(to.y), static_cast<float>(to.z)};
        }
        return left;
    }
};

nearest_points::nearest_points(const mesh& model, unsigned threads)
    : tree_(std::make_unique<tree>(model, threads)), threads_(threads)
{
}

nearest_points::~nearest_points() = default;

double nearest_points::keep_away(std::span<point> points, double distance) const
{
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads_);
    return tbb::parallel_reduce(
        tbb::blocked_range<std::size_t>(0, points.size(), 256), distance,
        [&](const tbb::blocked_range<std::size_t>& range, double least) {
            for (auto i = range.begin(); i != range.end(); ++i)
                least = std::min(least, tree_->move_away(points[i], distance));
            return least;
        },
        [](double a, double b) { return std::min(a, b); });
}

} // namespace layerline::workshop
