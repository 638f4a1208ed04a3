#include "workshop/models/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double farthest_mm = 1e6;

constexpr std::array<float point::*, 3> coordinates{&point::x, &point::y, &point::z};

} // namespace

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
    const auto far = [factor](float value) { return !(std::abs(value * factor) <= farthest_mm); };
    for (const auto& at : model.points)
        for (const auto coordinate : coordinates)
            if ((uniform || coordinate == along) && far(at.*coordinate))
                return model_failure{model_errc::scale_out_of_range,
                                     "The model would be over a kilometre from its origin."};
    for (auto& at : model.points)
        for (const auto coordinate : coordinates)
            if (uniform || coordinate == along) at.*coordinate = static_cast<float>(at.*coordinate * factor);
    return factor;
}

} // namespace layerline::workshop
