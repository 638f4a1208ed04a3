#include "workshop/models/shrinkwrap.hpp"

#include "workshop/models/contours.hpp"
#include "workshop/models/distance_field.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/orientation.hpp"
#include "workshop/models/surface_net.hpp"
#include "workshop/models/voxel_set.hpp"
#include "workshop/models/weld.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

// All in steps of the lattice but where it says so.
constexpr double closing = 2.5;         // gaps up to twice this are closed
constexpr double beyond = 2;            // distances are known this much farther
constexpr int margin = 6;               // more than closing and beyond
constexpr float sheet_thickness = 1;    // to each side
constexpr float deep = 0.3F;            // what has nothing this deep in it nearby is a sheet
constexpr int nearby = 2;               // points along each axis
constexpr float trusted = 0.75F;        // the model's own distance is taken where it differs less
constexpr double joined = 0.25;         // points that near become one: the rest of a fine mesh says no more
constexpr double rim_of_diagonal = 0.1; // rims of holes up to this wide are spanned
constexpr double crack_of_diagonal = 2e-4;
constexpr double float_step = 1.2e-7; // of a coordinate
constexpr double least_steps = 16;

// Spans the rims of small holes, so that they are closed at any resolution. The patches need not fit: they
// are only measured to.
void span_small_holes(mesh& model, double diagonal)
{
    auto sewn = model;
    (void)weld_near(sewn, static_cast<float>(diagonal * crack_of_diagonal));
    const auto over = turned_over(sewn, link_edges(sewn));
    for (const auto t : over)
        std::swap(sewn.triangles[t][1], sewn.triangles[t][2]);
    const auto links = link_edges(sewn);
    if (links.open_edges == 0) return;
    for (const auto& rim : find_contours(sewn, links)) {
        mesh around;
        for (const auto h : rim) {
            around.points.push_back(sewn.points[corner_from(sewn, h)]);
            around.points.push_back(sewn.points[corner_to(sewn, h)]);
        }
        if (rim.size() < 3 || box_of(around).diagonal > rim_of_diagonal * diagonal) continue;
        vector3 sum;
        for (const auto& at : around.points)
            sum = {sum.x + at.x, sum.y + at.y, sum.z + at.z};
        const auto n = static_cast<double>(around.points.size());
        const auto first = static_cast<std::uint32_t>(model.points.size());
        model.points.insert(model.points.end(), around.points.begin(), around.points.end());
        const auto centre = static_cast<std::uint32_t>(model.points.size());
        model.points.push_back(
            {static_cast<float>(sum.x / n), static_cast<float>(sum.y / n), static_cast<float>(sum.z / n)});
        for (std::uint32_t i = first; i < centre; i += 2)
            model.triangles.push_back({i + 1, i, centre});
    }
}

class wrapper {
public:
    wrapper(const mesh& soup, const lattice& points, const wrap_options& options)
        : options_(options), points_(points), model_(soup, points, closing + beyond, options.threads),
          solid_(points)
    {
    }

    mesh run(wrap_report& report)
    {
        options_.progress(0.35);
        const auto padded = pad();
        options_.progress(0.5);
        // How deep a point lies in the padded solid; the solid is what lies deeper than its padding.
        const distance_field padding(padded, points_, closing + beyond, options_.threads);
        options_.progress(0.7);
        fill(padding);
        report.parts_left_out = tidy();
        options_.progress(0.85);
        auto made = surface_of(solid_, [&](int x, int y, int z) { return value(padding, x, y, z); });
        options_.progress(0.95);
        return made;
    }

private:
    // Everything that the outside does not reach past the model's surroundings.
    mesh pad()
    {
        model_.for_each([&](int x, int y, int z, float distance) {
            if (distance < closing) solid_.put(points_.index(x, y, z), true);
        });
        solid_.fill_enclosed();
        return surface_of(
            solid_, [&](int x, int y, int z) { return model_.at(x, y, z) - static_cast<float>(closing); });
    }

    // Below 0 in the solid that the model encloses; `padded` says on which side of the padding a point is.
    float enclosed(const distance_field& padding, int x, int y, int z, bool padded) const
    {
        const auto depth = padding.at(x, y, z);
        const auto far = static_cast<float>(closing) - (padded ? depth : -depth);
        const auto own = model_.at(x, y, z);
        return std::abs(std::abs(far) - own) < trusted ? std::copysign(own, far) : far;
    }

    void fill(const distance_field& padding)
    {
        padded_ = solid_;
        voxel_set inner(points_);
        for (int x = 0; x < points_.size[0]; ++x)
            for (int y = 0; y < points_.size[1]; ++y)
                for (int z = 0; z < points_.size[2]; ++z) {
                    const auto at = points_.index(x, y, z);
                    if (!padded_.has(at)) continue;
                    const auto far = enclosed(padding, x, y, z, true);
                    inner.put(at, far < -deep);
                    solid_.put(at, far < 0);
                }
        thick_nearby_ = inner.dilated(nearby);
        model_.for_each([&](int x, int y, int z, float distance) {
            const auto at = points_.index(x, y, z);
            if (distance < sheet_thickness && thick_nearby_[at] == 0) solid_.put(at, true);
        });
    }

    std::size_t tidy()
    {
        do
            solid_.fill_enclosed();
        while (solid_.make_well_composed(true));
        return options_.keep_parts ? 0 : solid_.keep_largest();
    }

    float value(const distance_field& padding, int x, int y, int z) const
    {
        const auto at = points_.index(x, y, z);
        const auto far = enclosed(padding, x, y, z, padded_.has(at));
        return thick_nearby_[at] != 0 ? far : std::min(far, model_.at(x, y, z) - sheet_thickness);
    }

    const wrap_options& options_;
    lattice points_;
    distance_field model_;
    voxel_set solid_;
    voxel_set padded_ = voxel_set(lattice{});
    std::vector<std::uint8_t> thick_nearby_;
};

} // namespace

int wrap_resolution(wrap_accuracy accuracy)
{
    constexpr std::array steps{128, 256, 512};
    return steps.at(static_cast<std::size_t>(accuracy));
}

model_result<wrap_report> shrinkwrap(mesh& model, const wrap_options& options)
{
    if (model.triangles.empty()) return model_failure{model_errc::not_a_model, "The model has no triangles."};
    const auto box = box_of(model);
    // Far from the origin, floats are too coarse for fine voxels.
    const auto step = std::max(box.diagonal / options.steps.value_or(wrap_resolution(options.accuracy)),
                               512 * float_step * box.farthest);
    if (!(box.diagonal >= least_steps * step))
        return model_failure{model_errc::not_a_model,
                             "The model has no extent, or is too small for its distance from the origin."};
    span_small_holes(model, box.diagonal);
    options.progress(0.1);
    (void)weld_near(model, static_cast<float>(joined * step));
    std::erase_if(model.triangles, [](const triangle& one) {
        return one[0] == one[1] || one[1] == one[2] || one[2] == one[0];
    });
    // All that is left of a speck is kept as it was joined: a triangle of one point has a distance, too.
    if (model.triangles.empty()) model.triangles.push_back({0, 0, 0});
    wrap_report report;
    report.voxel = step;
    report.closed_gap = 2 * closing * step;
    model = wrapper(model, lattice_around(box, step, margin), options).run(report);
    const auto links = link_edges(model);
    if (model.triangles.empty() || links.open_edges + links.many_edges + links.flipped_edges > 0)
        return model_failure{model_errc::operation_died, "The surface that was made is not closed."};
    report.parts = links.shells;
    return report;
}

} // namespace layerline::workshop
