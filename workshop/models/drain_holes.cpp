#include "workshop/models/drain_holes.hpp"

#include "workshop/models/drill_axis.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/refine.hpp"
#include "workshop/models/surface_cut.hpp"
#include "workshop/models/triangle_tree.hpp"
#include "workshop/models/weld.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double sides = 40;                       // of the round, at least
constexpr double margin = 1.25;                    // so many radii about the axis triangles are made as fine
constexpr double free_share = 0.9;                 // of the radius, in which nothing else may be
constexpr double least_length = 0.05;              // mm, of a hole
constexpr double most_back = std::numbers::pi / 6; // that a rim may turn back on its way round

struct planned_hole {
    drill_axis axis;
    double outer = 0, inner = 0; // where the axis meets the surfaces
};

std::array<vector3, 3> seen_from(const drill_axis& axis, const mesh& model, const triangle& one)
{
    return {axis.seen(model.points[one[0]]), axis.seen(model.points[one[1]]),
            axis.seen(model.points[one[2]])};
}

model_failure at_hole(std::size_t number, const std::string& what)
{
    return {model_errc::drain_hole_place, "Drain hole " + std::to_string(number + 1) + ": " + what};
}

std::string in_mm(double value)
{
    auto text = std::to_string(value);
    text.resize(text.find('.') + 3);
    return text + " mm";
}

vector3 normal_of(const mesh& model, const triangle& one)
{
    return cross(difference(model.points[one[1]], model.points[one[0]]),
                 difference(model.points[one[2]], model.points[one[0]]));
}

// Volume of each shell: below 0 for the surfaces of cavities.
std::vector<double> shell_volumes(const mesh& model, const edge_links& links)
{
    std::vector<double> volumes(links.shells);
    const auto& origin = model.points.front();
    for (std::size_t t = 0; t < model.triangles.size(); ++t) {
        const auto& one = model.triangles[t];
        volumes[links.shell[t]] +=
            dot(difference(model.points[one[0]], origin),
                cross(difference(model.points[one[1]], origin), difference(model.points[one[2]], origin)));
    }
    return volumes;
}

class planner {
public:
    planner(const mesh& outer, const mesh& inner)
        : outer_(outer), inner_(inner), tree_(outer), links_(link_edges(outer)),
          volumes_(shell_volumes(outer, links_))
    {
    }

    model_result<planned_hole> plan(const drain_hole& hole, std::size_t number) const
    {
        const vector3 at{hole.at.x, hole.at.y, hole.at.z};
        const auto near = tree_.nearest(at);
        if (near.squared_distance > drain_hole_reach * drain_hole_reach)
            return at_hole(number, "it is " + in_mm(std::sqrt(near.squared_distance)) +
                                       " from the surface; at most 1 mm is taken.");
        if (volumes_[links_.shell[near.triangle]] < 0)
            return at_hole(number, "it is at the surface of a cavity, not outside.");
        const auto out = square_to(at, hole.diameter / 2, near.triangle);
        if (!out) return at_hole(number, "the surface there has no direction.");
        planned_hole planned{drill_axis(at, {-out->x, -out->y, -out->z}, hole.diameter / 2)};
        const auto begin = nearest_crossing(outer_, planned.axis, 0, -2 * drain_hole_reach);
        const auto end = begin ? nearest_crossing(inner_, planned.axis, *begin, *begin) : std::nullopt;
        if (!begin || std::abs(*begin) > 2 * drain_hole_reach)
            return at_hole(number, "it does not meet the surface there.");
        if (!end) return at_hole(number, "there is no cavity behind it.");
        planned.outer = *begin;
        planned.inner = *end;
        return planned;
    }

private:
    // Outward, on average of what is as near as the hole is wide.
    std::optional<vector3> square_to(const vector3& at, double radius, std::uint32_t nearest) const
    {
        const auto front = normal_of(outer_, outer_.triangles[nearest]);
        vector3 sum = front;
        bounds box;
        for (const auto way : {-radius, radius})
            box.take(point{static_cast<float>(at.x + way), static_cast<float>(at.y + way),
                           static_cast<float>(at.z + way)});
        tree_.near(box, [&](std::uint32_t t) {
            const auto normal = normal_of(outer_, outer_.triangles[t]);
            vector3 middle;
            for (const auto corner : outer_.triangles[t]) {
                middle.x += (outer_.points[corner].x - at.x) / 3;
                middle.y += (outer_.points[corner].y - at.y) / 3;
                middle.z += (outer_.points[corner].z - at.z) / 3;
            }
            if (t == nearest || dot(middle, middle) > radius * radius || dot(normal, front) <= 0) return;
            sum = {sum.x + normal.x, sum.y + normal.y, sum.z + normal.z};
        });
        const auto length = std::sqrt(dot(sum, sum));
        if (!(length > 0)) return std::nullopt;
        return vector3{sum.x / length, sum.y / length, sum.z / length};
    }

    static std::optional<double> nearest_crossing(const mesh& model, const drill_axis& axis, double wanted,
                                                  double from)
    {
        std::optional<double> best;
        for (const auto& one : model.triangles) {
            const auto at = axis.crossing(seen_from(axis, model, one));
            if (at && *at >= from && (!best || std::abs(*at - wanted) < std::abs(*best - wanted))) best = at;
        }
        return best;
    }

    const mesh& outer_;
    const mesh& inner_;
    triangle_tree tree_;
    edge_links links_;
    std::vector<double> volumes_;
};

// Small triangles about the holes, so that their rims come out round.
void refine_about(mesh& model, const std::vector<planned_hole>& holes)
{
    split_long_edges(model, [&](const triangle& one) {
        auto longest = std::numeric_limits<double>::infinity();
        for (const auto& hole : holes) {
            const auto radius = hole.axis.radius();
            const auto near = drill_axis::nearest(seen_from(hole.axis, model, one), hole.outer - 2 * radius,
                                                  hole.inner + 2 * radius);
            if (near && *near < margin * radius)
                longest = std::min(longest, 2 * std::numbers::pi * radius / sides);
        }
        return longest;
    });
}

// A rim with the angle at each of its points, counted on; the last one is a turn after the first.
struct unrolled {
    std::vector<std::uint32_t> points;
    std::vector<double> angles, depths;
};

// Once round, seen along the axis against the clock, beginning near `from`; nothing if it goes another way.
std::optional<unrolled> unroll(const mesh& model, const drill_axis& axis, std::vector<std::uint32_t> rim,
                               std::optional<double> from)
{
    const auto angle_of = [&](std::uint32_t corner) {
        const auto at = axis.seen(model.points[corner]);
        return std::atan2(at.y, at.x);
    };
    const auto turn = [](double by) { return std::remainder(by, 2 * std::numbers::pi); };
    const auto start = from.value_or(angle_of(rim.front()));
    std::rotate(rim.begin(),
                std::min_element(rim.begin(), rim.end(),
                                 [&](auto a, auto b) {
                                     return std::abs(turn(angle_of(a) - start)) <
                                            std::abs(turn(angle_of(b) - start));
                                 }),
                rim.end());
    unrolled all;
    auto angle = start + turn(angle_of(rim.front()) - start), most = angle;
    for (std::size_t i = 0; i <= rim.size(); ++i) {
        const auto corner = rim[i % rim.size()];
        if (i > 0) angle += turn(angle_of(corner) - angle);
        most = std::max(most, angle);
        if (angle < most - most_back) return std::nullopt;
        all.points.push_back(corner);
        all.angles.push_back(angle);
        all.depths.push_back(axis.seen(model.points[corner]).z);
    }
    const auto round = all.angles.back() - all.angles.front();
    if (std::abs(round - 2 * std::numbers::pi) > 0.1) return std::nullopt;
    return all;
}

// The wall of a hole between two rims, of which the surfaces' triangles use the edges in this direction
// (outer) and in the other one (inner). False where the hole would have no length.
bool line(mesh& model, const unrolled& outer, const unrolled& inner)
{
    const auto last_outer = outer.points.size() - 1, last_inner = inner.points.size() - 1;
    for (std::size_t i = 0, k = 0; i < last_outer || k < last_inner;) {
        if (inner.depths[k] - outer.depths[i] < least_length) return false;
        if (k == last_inner || (i < last_outer && outer.angles[i + 1] <= inner.angles[k + 1])) {
            model.triangles.push_back({outer.points[i + 1], outer.points[i], inner.points[k]});
            ++i;
        } else {
            model.triangles.push_back({inner.points[k], inner.points[k + 1], outer.points[i]});
            ++k;
        }
    }
    return true;
}

struct rims {
    std::vector<std::uint32_t> outer, inner;
};

// Whether any triangle but the hole's own wall stands in it.
bool blocked(const mesh& model, const drill_axis& axis, const unrolled& outer, const unrolled& inner)
{
    const auto from = *std::min_element(outer.depths.begin(), outer.depths.end());
    const auto to = *std::max_element(inner.depths.begin(), inner.depths.end());
    return std::any_of(model.triangles.begin(), model.triangles.end(), [&](const triangle& one) {
        const auto near = drill_axis::nearest(seen_from(axis, model, one), from, to);
        return near && *near < free_share * axis.radius();
    });
}

} // namespace

model_result<mesh> drilled(const mesh& outer, const mesh& inner, std::span<const drain_hole> holes)
{
    std::vector<planned_hole> planned;
    {
        const planner plans(outer, inner);
        for (std::size_t i = 0; i < holes.size(); ++i) {
            auto one = plans.plan(holes[i], i);
            if (one.has_error()) return one.error();
            planned.push_back(*one);
        }
    }
    auto outside = outer, inside = inner;
    refine_about(outside, planned);
    refine_about(inside, planned);
    std::vector<rims> all;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        auto from = cut_round(outside, planned[i].axis, planned[i].outer);
        auto to = cut_round(inside, planned[i].axis, planned[i].inner);
        if (!from)
            return at_hole(i, "its rim does not lie on the surface all the way round: move it, or make it "
                              "smaller.");
        if (!to) return at_hole(i, "the cavity behind it is too narrow for it: move it, or make it smaller.");
        all.push_back({*std::move(from), *std::move(to)});
    }
    const auto shift = static_cast<std::uint32_t>(outside.points.size());
    auto made = std::move(outside);
    made.points.insert(made.points.end(), inside.points.begin(), inside.points.end());
    for (const auto& [a, b, c] : inside.triangles)
        made.triangles.push_back({a + shift, b + shift, c + shift});
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (auto& one : all[i].inner)
            one += shift;
        std::reverse(all[i].inner.begin(), all[i].inner.end()); // both the same way round
        const auto& axis = planned[i].axis;
        const auto from = unroll(made, axis, all[i].outer, std::nullopt);
        const auto to = from ? unroll(made, axis, all[i].inner, from->angles.front()) : std::nullopt;
        if (!to || blocked(made, axis, *from, *to) || !line(made, *from, *to))
            return at_hole(
                i, "an edge of the model, or another hole, is in its way: move it, or make it smaller.");
    }
    weld_equal(made);
    const auto links = link_edges(made);
    if (links.open_edges + links.many_edges + links.flipped_edges > 0)
        return model_failure{model_errc::operation_died, "The model with its drain holes is not closed."};
    return made;
}

} // namespace layerline::workshop
