#include "workshop/models/reduce.hpp"

#include "workshop/models/creases.hpp"
#include "workshop/models/edge_collapse.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/surface_distance.hpp"
#include "workshop/models/triangle_tree.hpp"
#include "workshop/models/weld.hpp"

#include <meshoptimizer.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr std::size_t places = 100'000; // measured at, each way
constexpr double float_share = 1e-6;    // of the diagonal: what coordinates of this size cannot tell apart
constexpr int most_repairs = 8;
constexpr double near_enough = 0.6; // of what is allowed: no further pass is worth its time
// The library counts in float: of meshes with more triangles than this it was seen to fold the surface, where
// its facets differ by less than it can tell.
constexpr std::size_t fine_mesh = 100'000;
constexpr double least_angle = 0.5; // degrees: under this a surface is flat

bool is_closed(const edge_links& links)
{
    return links.open_edges + links.many_edges + links.flipped_edges == 0;
}

bool has_flat_triangle(const mesh& model)
{
    return std::any_of(model.triangles.begin(), model.triangles.end(), [&model](const triangle& one) {
        const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                                  difference(model.points[one[2]], model.points[one[0]]));
        return !(dot(normal, normal) > 0);
    });
}

double diagonal_of(const mesh& model)
{
    const auto all = bounds_of(model);
    const auto across = difference(all.most, all.least);
    return std::sqrt(dot(across, across));
}

// What tries begin with.
struct beginning {
    const mesh& model;
    const triangle_tree& tree;
    const edge_links& links;
    mesh parted; // at its creases
};

// One pass over the parted mesh; `error` in mm.
mesh simplified(const beginning& from, double error, std::size_t enough, unsigned threads)
{
    const auto& parted = from.parted;
    mesh made;
    if (parted.triangles.size() > fine_mesh) {
        made = collapsed_edges(parted, from.tree, from.links, error, enough, threads);
    } else {
        made = parted;
        const auto* const points = &made.points.data()->x;
        const auto scale = meshopt_simplifyScale(points, made.points.size(), sizeof(point));
        const auto kept =
            meshopt_simplify(made.triangles.data()->data(), parted.triangles.data()->data(),
                             3 * parted.triangles.size(), points, made.points.size(), sizeof(point),
                             3 * enough, static_cast<float>(error / scale), 0, nullptr);
        made.triangles.resize(kept / 3);
    }
    weld_equal(made);
    return made;
}

struct attempt {
    mesh model;
    surface_difference from;
    bool good = false;
};

attempt tried(const beginning& from, double error, double allowed, const reduce_options& options)
{
    attempt made;
    made.model = simplified(from, error, options.enough, options.threads);
    if (is_closed(from.links)) {
        // Each repair unfolds the flat triangles whose neighbour is not flat.
        for (int i = 0; i < most_repairs; ++i) {
            if (is_closed(link_edges(made.model)) && !has_flat_triangle(made.model)) break;
            repair(made.model);
        }
        if (!is_closed(link_edges(made.model))) made.model.triangles.clear();
    }
    if (made.model.triangles.empty()) {
        made.from.farthest = 4 * allowed;
        return made;
    }
    made.from = difference_of(from.model, from.tree, made.model, places, options.threads);
    made.good = made.from.farthest <= allowed && made.from.turned <= std::max(options.most_turn, least_angle);
    return made;
}

} // namespace

reduce_report reduce(mesh& model, const reduce_options& options)
{
    reduce_report report;
    report.before = report.after = model.triangles.size();
    if (model.triangles.empty()) return report;
    const triangle_tree tree(model, options.threads);
    const auto links = link_edges(model, {.shells = false, .threads = options.threads});
    beginning from{model, tree, links, model};
    part_at_creases(from.parted, links, std::max(options.most_turn, least_angle), options.threads);
    const auto allowed = std::max(options.accuracy, float_share * diagonal_of(model));
    std::optional<attempt> best;
    double good = 0, bad = 0, error = allowed; // the coarsest that was good, the finest that was not
    while (report.passes < options.most_passes) {
        auto made = tried(from, error, allowed, options);
        ++report.passes;
        options.progress(static_cast<double>(report.passes) / options.most_passes);
        const auto farthest = made.from.farthest;
        if (made.good) {
            good = error;
            const bool done = made.model.triangles.size() <= options.enough + 1 ||
                              farthest >= near_enough * allowed || bad == 0;
            if (!best || made.model.triangles.size() < best->model.triangles.size()) best = std::move(made);
            if (done) break;
        } else {
            bad = error;
        }
        // The distance grows about as the library's measure does; halves where there is something on each
        // side.
        error = good > 0             ? (good + bad) / 2
                : farthest > allowed ? bad * std::clamp(0.8 * allowed / farthest, 0.05, 0.8)
                                     : bad / 2;
        if (good > 0 && bad - good < 0.2 * good) break;
    }
    if (!best || best->model.triangles.size() >= report.before) return report;
    report.after = best->model.triangles.size();
    report.reached = best->from.farthest;
    report.turned = best->from.turned;
    model = std::move(best->model);
    return report;
}

} // namespace layerline::workshop
