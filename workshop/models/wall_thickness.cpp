#include "workshop/models/wall_thickness.hpp"

#include "workshop/models/embree_scene.hpp"
#include "workshop/models/lattice.hpp"
#include "workshop/models/refine.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr double longest_side_mm = 500;
constexpr double facing = 0.7, perhaps_facing = 0.26; // cosines between a wall's two sides: 45 and 75 degrees
constexpr double doubt = 1.05;                        // up to this much thicker it may be thin
constexpr double most_split_triangles = 1.5e6;
constexpr int most_surfaces = 64; // that a ray goes through

struct level {
    double parts_of_diagonal = 1;                  // edges are at most this part long
    std::array<std::pair<int, double>, 2> rings{}; // rays, degrees from the straight one
};
constexpr std::array<level, 3> levels{level{40, {{{0, 0}, {0, 0}}}}, level{80, {{{4, 15}, {0, 0}}}},
                                      level{160, {{{4, 12}, {8, 25}}}}};

vector3 unit(const vector3& of)
{
    const auto length = std::sqrt(dot(of, of));
    return length > 0 ? vector3{of.x / length, of.y / length, of.z / length} : vector3{};
}

vector3 sum(const vector3& a, double share, const vector3& b)
{
    return {a.x + share * b.x, a.y + share * b.y, a.z + share * b.z};
}

// The model in Embree's tree.
class solid_rays {
public:
    solid_rays(const mesh& model, double diagonal, unsigned threads)
        : model_(model), least_(static_cast<float>(diagonal * 1e-5)), scene_(model, threads)
    {
    }

    vector3 normal(std::uint32_t t) const
    {
        const auto& one = model_.triangles[t];
        return unit(cross(difference(model_.points[one[1]], model_.points[one[0]]),
                          difference(model_.points[one[2]], model_.points[one[0]])));
    }

    struct leaving {
        double length = 0;
        vector3 normal; // outward, there
    };
    // Where a ray that starts inside, at the surface, comes out.
    std::optional<leaving> way_out(const vector3& from, const vector3& way) const
    {
        std::optional<leaving> found;
        int depth = 1;
        each_surface(from, way, [&](double length, const vector3& there, bool out) {
            depth += out ? -1 : 1;
            if (depth == 0) found = leaving{length, there};
            return depth > 0;
        });
        return found;
    }

    // Whether a place of the surface lies within another part: it is no side of a wall.
    bool covered(const vector3& from, const vector3& outward) const
    {
        int depth = 0;
        each_surface(from, outward, [&](double, const vector3&, bool out) {
            depth += out ? 1 : -1;
            return true;
        });
        return depth > 0;
    }

private:
    // Calls `seen` with the surfaces that a ray goes through, one after the other, while it says true.
    template <class Seen>
    void each_surface(const vector3& from, const vector3& way, Seen seen) const
    {
        RTCIntersectContext context{};
        rtcInitIntersectContext(&context);
        float near = least_;
        for (int i = 0; i < most_surfaces; ++i) {
            RTCRayHit ray{};
            ray.ray.org_x = static_cast<float>(from.x);
            ray.ray.org_y = static_cast<float>(from.y);
            ray.ray.org_z = static_cast<float>(from.z);
            ray.ray.dir_x = static_cast<float>(way.x);
            ray.ray.dir_y = static_cast<float>(way.y);
            ray.ray.dir_z = static_cast<float>(way.z);
            ray.ray.tnear = near;
            ray.ray.tfar = std::numeric_limits<float>::infinity();
            ray.ray.mask = ~0U;
            ray.hit.geomID = RTC_INVALID_GEOMETRY_ID;
            rtcIntersect1(scene_.get(), &context, &ray);
            if (ray.hit.geomID == RTC_INVALID_GEOMETRY_ID) return;
            const auto there = normal(ray.hit.primID);
            if (!seen(static_cast<double>(ray.ray.tfar), there, dot(there, way) > 0)) return;
            near = std::nextafter(std::max(ray.ray.tfar, near), std::numeric_limits<float>::infinity());
        }
    }

    const mesh& model_;
    float least_;
    embree_scene scene_;
};

struct measured {
    wall_mark mark = wall_mark::unknown;
    float facing_at = std::numeric_limits<float>::infinity(); // mm to the nearest side that faces this one
};

vector3 middle_of(const mesh& model, const triangle& one)
{
    const auto &a = model.points[one[0]], &b = model.points[one[1]], &c = model.points[one[2]];
    return {(static_cast<double>(a.x) + b.x + c.x) / 3, (static_cast<double>(a.y) + b.y + c.y) / 3,
            (static_cast<double>(a.z) + b.z + c.z) / 3};
}

measured measure(const mesh& model, const solid_rays& rays, std::uint32_t t, const level& how, double least)
{
    const auto outward = rays.normal(t);
    const vector3 inward{-outward.x, -outward.y, -outward.z};
    measured found;
    if (dot(inward, inward) == 0) {
        found.mark = wall_mark::thick; // no area: its neighbours are asked
        return found;
    }
    const auto from = middle_of(model, model.triangles[t]);
    if (rays.covered(from, outward)) {
        found.mark = wall_mark::thick;
        return found;
    }
    const auto shoot = [&](const vector3& way) {
        const auto out = rays.way_out(from, way);
        if (!out) return;
        const auto faces = dot(inward, out->normal);
        if (found.mark == wall_mark::unknown) found.mark = wall_mark::thick;
        if (faces >= facing) found.facing_at = std::min(found.facing_at, static_cast<float>(out->length));
        if (faces >= facing && out->length < least)
            found.mark = wall_mark::thin;
        else if (faces >= perhaps_facing && out->length < least * doubt && found.mark != wall_mark::thin)
            found.mark = wall_mark::possibly_thin;
    };
    shoot(inward);
    const vector3 helper = std::abs(inward.x) < 0.9 ? vector3{1, 0, 0} : vector3{0, 1, 0};
    const auto first = unit(cross(inward, helper)), second = cross(inward, first);
    constexpr double turn = 6.283185307179586;
    for (const auto& [count, degrees] : how.rings)
        for (int i = 0; i < count; ++i) {
            const auto aside = std::tan(degrees / 360 * turn), round = turn * i / count;
            shoot(unit(sum(sum(inward, aside * std::cos(round), first), aside * std::sin(round), second)));
        }
    return found;
}

double area_of(const mesh& model, const triangle& one)
{
    const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                              difference(model.points[one[2]], model.points[one[0]]));
    return std::sqrt(dot(normal, normal)) / 2;
}

thickness_report summed_up(const mesh& model, const std::vector<measured>& all)
{
    thickness_report report;
    report.marks.reserve(all.size());
    for (std::size_t t = 0; t < all.size(); ++t) {
        const auto mark = static_cast<std::size_t>(all[t].mark);
        report.marks.push_back(all[t].mark);
        ++report.triangles.at(mark);
        report.area.at(mark) += area_of(model, model.triangles[t]);
        if (std::isfinite(all[t].facing_at) &&
            all[t].facing_at < report.thinnest.value_or(all[t].facing_at + 1)) {
            const auto at = middle_of(model, model.triangles[t]);
            report.thinnest = all[t].facing_at;
            report.thinnest_at = {static_cast<float>(at.x), static_cast<float>(at.y),
                                  static_cast<float>(at.z)};
        }
    }
    return report;
}

} // namespace

model_result<thickness_report> measure_walls(mesh& model, const thickness_options& options)
{
    if (model.triangles.empty()) return model_failure{model_errc::not_a_model, "The model has no triangles."};
    const auto box = box_of(model);
    const auto side =
        std::max({box.most.x - box.least.x, box.most.y - box.least.y, box.most.z - box.least.z});
    if (side > longest_side_mm)
        return model_failure{model_errc::model_too_big,
                             "The model is " + std::to_string(static_cast<long>(std::ceil(side))) +
                                 " mm long; at most 500 mm are measured. Scale it down."};
    const auto threads =
        options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const auto& how = levels.at(static_cast<std::size_t>(std::clamp(options.accuracy, 1, 3) - 1));
    double area = 0;
    for (const auto& one : model.triangles)
        area += area_of(model, one);
    // No more triangles than can be handed out: two to each square of the longest edge, at most.
    split_long_edges(
        model, std::max(box.diagonal / how.parts_of_diagonal, std::sqrt(4 * area / most_split_triangles)));
    options.progress(0.1);
    const solid_rays rays(model, box.diagonal, threads);
    options.progress(0.3);
    std::vector<measured> all(model.triangles.size());
    constexpr std::size_t parts = 20;
    for (std::size_t part = 0; part < parts; ++part) {
        tbb::parallel_for(
            tbb::blocked_range<std::size_t>(all.size() * part / parts, all.size() * (part + 1) / parts, 256),
            [&](const tbb::blocked_range<std::size_t>& range) {
                for (auto t = range.begin(); t != range.end(); ++t)
                    all[t] = measure(model, rays, static_cast<std::uint32_t>(t), how, options.least);
            });
        options.progress(0.3 + 0.65 * static_cast<double>(part + 1) / parts);
    }
    return summed_up(model, all);
}

} // namespace layerline::workshop
