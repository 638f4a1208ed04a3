#include "workshop/models/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double farthest_mm = 1e6;

constexpr std::array<float point::*, 3> coordinates{&point::x, &point::y, &point::z};

} // namespace

model_result<void> scale_by(mesh& model, double factor, std::optional<int> axis)
{
    const auto grows = [axis](std::size_t coordinate) {
        return !axis || coordinate == static_cast<std::size_t>(*axis);
    };
    for (const auto& at : model.points)
        for (std::size_t i = 0; i < coordinates.size(); ++i)
            if (grows(i) && !(std::abs(at.*coordinates.at(i) * factor) <= farthest_mm))
                return model_failure{model_errc::scale_out_of_range,
                                     "The model would be over a kilometre from its origin."};
    for (auto& at : model.points)
        for (std::size_t i = 0; i < coordinates.size(); ++i)
            if (grows(i)) at.*coordinates.at(i) = static_cast<float>(at.*coordinates.at(i) * factor);
    return {};
}

model_result<double> scale_to_size(mesh& model, int axis, double size, bool uniform)
{
    const auto along = coordinates.at(static_cast<std::size_t>(axis));
    const auto [least, most] =
        std::minmax_element(model.points.begin(), model.points.end(),
                            [along](const point& a, const point& b) { return a.*along < b.*along; });
    const double length = model.points.empty() ? 0 : static_cast<double>((*most).*along) - (*least).*along;
    if (!(length > 0))
        return model_failure{model_errc::scale_out_of_range, "The model has no length along this axis."};
    const auto factor = size / length;
    const auto done = scale_by(model, factor, uniform ? std::nullopt : std::optional(axis));
    if (done.has_error()) return done.error();
    return factor;
}

} // namespace layerline::workshop
