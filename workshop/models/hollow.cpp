#include "workshop/models/hollow.hpp"

#include "workshop/models/distance_field.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/nearest_points.hpp"
#include "workshop/models/surface_net.hpp"
#include "workshop/models/voxel_set.hpp"
#include "workshop/models/winding.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr double steps_of_wall = 4, fewest_steps_of_wall = 2, most_steps_of_wall = 12,
                 steps_of_diagonal = 128;
constexpr double beyond = 1.5;           // distances are known this much farther than the wall
constexpr int margin = 2;                // points around the model
constexpr double most_voxels = 64e6;     // of the box: 3 bytes each
constexpr double most_triangles = 3e6;   // of the cavities, roughly
constexpr std::size_t least_cavity = 27; // voxels; a speck drains nothing and saves nothing

std::string in_mm(double value)
{
    auto text = std::to_string(value);
    text.resize(text.find('.') + 2);
    return text + " mm";
}

// The finest step that the model's size allows.
double finest_step(const box_of_points& box, double area)
{
    const double volume =
        (box.most.x - box.least.x) * (box.most.y - box.least.y) * (box.most.z - box.least.z);
    return std::max(std::cbrt(volume / most_voxels), std::sqrt(2 * area / most_triangles));
}

double area_of(const mesh& model)
{
    double sum = 0;
    for (const auto& one : model.triangles) {
        const auto normal = cross(difference(model.points[one[1]], model.points[one[0]]),
                                  difference(model.points[one[2]], model.points[one[0]]));
        sum += std::sqrt(dot(normal, normal)) / 2;
    }
    return sum;
}

double volume_of(const mesh& model)
{
    double sum = 0;
    const auto& origin = model.points.front();
    for (const auto& one : model.triangles)
        sum +=
            dot(difference(model.points[one[0]], origin),
                cross(difference(model.points[one[1]], origin), difference(model.points[one[2]], origin))) /
            6;
    return sum;
}

void add_turned(mesh& model, const mesh& inner)
{
    const auto shift = static_cast<std::uint32_t>(model.points.size());
    model.points.insert(model.points.end(), inner.points.begin(), inner.points.end());
    model.triangles.reserve(model.triangles.size() + inner.triangles.size());
    for (const auto& [a, b, c] : inner.triangles)
        model.triangles.push_back({a + shift, c + shift, b + shift});
}

} // namespace

model_result<hollow_report> hollow(mesh& model, const hollow_options& options)
{
    const auto before = link_edges(model);
    if (model.triangles.empty() || before.open_edges + before.many_edges + before.flipped_edges > 0)
        return model_failure{
            model_errc::not_a_model,
            "The model is not closed: " +
                std::to_string(before.open_edges + before.many_edges + before.flipped_edges) +
                " edges do not have two triangles that look the same way. Repair it first."};
    const auto box = box_of(model);
    const model_failure nothing_left{
        model_errc::hollow_wall,
        "Nothing is left to take out: no part of the model is thicker than two walls of " +
            in_mm(options.wall) + "."};
    if (std::min({box.most.x - box.least.x, box.most.y - box.least.y, box.most.z - box.least.z}) <=
        2 * options.wall)
        return nothing_left;
    const auto finest = finest_step(box, area_of(model));
    const auto step = std::max({finest, options.wall / most_steps_of_wall,
                                std::min(options.wall / steps_of_wall, box.diagonal / steps_of_diagonal)});
    if (step > options.wall / fewest_steps_of_wall)
        return model_failure{model_errc::not_convertible,
                             "The model is too large for so thin a wall: it can be "
                             "hollowed with walls of " +
                                 in_mm(finest * fewest_steps_of_wall + 0.1) + " or more."};
    const auto wall = options.wall / step;
    const auto threads =
        options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    const auto points = lattice_around(box, step, margin);
    auto cavity = inside_of(model, points);
    options.progress(0.15);
    {
        const distance_field surface(model, points, wall + beyond, threads);
        options.progress(0.6);
        surface.for_each([&](int x, int y, int z, float distance) {
            if (distance <= wall) cavity.put(points.index(x, y, z), false);
        });
        cavity.make_well_composed(false);
        cavity.drop_smaller_than(least_cavity);
        if (cavity.size() == 0) return nothing_left;
        options.progress(0.8);
        auto inner = surface_of(
            cavity, [&](int x, int y, int z) { return static_cast<float>(wall) - surface.at(x, y, z); });
        options.progress(0.85);
        // The grid's distances are good to about a voxel; the wall shall be better than that.
        hollow_report report;
        report.least_wall = nearest_points(model, threads).keep_away(inner.points, options.wall);
        report.voxel = step;
        report.cavities = link_edges(inner).shells;
        report.removed_mm3 = volume_of(inner);
        if (options.drains.empty()) {
            add_turned(model, inner);
        } else {
            for (auto& one : inner.triangles)
                std::swap(one[1], one[2]);
            auto with_holes = drilled(model, inner, options.drains);
            if (with_holes.has_error()) return with_holes.error();
            report.removed_mm3 = volume_of(model) - volume_of(*with_holes);
            model = *std::move(with_holes);
        }
        options.progress(0.9);
        const auto after = link_edges(model);
        if (after.open_edges + after.many_edges + after.flipped_edges > 0 ||
            report.least_wall < options.wall / 2)
            return model_failure{model_errc::operation_died,
                                 "The cavity that was made is not closed, or too near to the surface."};
        return report;
    }
}

} // namespace layerline::workshop
