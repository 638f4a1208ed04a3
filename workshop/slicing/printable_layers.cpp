#include "workshop/slicing/printable_layers.hpp"

#include "workshop/slicing/plane_slicer.hpp"

#include <polyclipping/clipper.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double spare = 1.2; // of a line's width
constexpr std::size_t first_batch = 4;

// The middle of each layer, mm, from the bed upwards.
std::vector<double> middles_of(const region_plan& plan)
{
    std::vector<double> all;
    for (const auto& region : plan.regions)
        for (std::size_t layer = 0; layer < region.layers; ++layer)
            all.push_back((static_cast<double>(region.from) +
                           (static_cast<double>(layer) + 0.5) * static_cast<double>(region.layer_height)) /
                          1000);
    return all;
}

bool holds_line(const slice_outline& outline, double line_mm)
{
    ClipperLib::ClipperOffset inside;
    for (const auto& contour : outline.contours) {
        ClipperLib::Path path;
        for (const auto& at : contour)
            path.emplace_back(at.x, at.y);
        inside.AddPath(path, ClipperLib::jtMiter, ClipperLib::etClosedPolygon);
    }
    ClipperLib::Paths left;
    inside.Execute(left, -line_mm * spare / 2 * plane_units_per_mm);
    return !left.empty();
}

} // namespace

std::size_t uppermost_wide_layer(const mesh& model, const region_plan& plan, double line_mm)
{
    const auto middles = middles_of(plan);
    std::size_t batch = first_batch, found = 0;
    // From the tip down, more at once the longer it takes.
    for (auto end = middles.size(); end > 0 && found == 0; batch *= 4) {
        const auto begin = end - std::min(batch, end);
        slice_at(model, std::span(middles).subspan(begin, end - begin), {},
                 [&](std::size_t index, const slice_outline& outline) {
                     if (holds_line(outline, line_mm)) found = begin + index + 1;
                     return true;
                 });
        end = begin;
    }
    return found;
}

} // namespace layerline::workshop
