#include "workshop/models/units.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> units{
    {{"mm", 1}, {"cm", 10}, {"m", 1000}, {"inch", 25.4}, {"foot", 304.8}}};
constexpr double farthest_mm = 1e6;

} // namespace

model_result<double> millimetres(std::string_view unit)
{
    std::string lower(unit);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const auto& [name, size] : units)
        if (lower == name) return size;
    return model_failure{model_errc::wrong_units, {}};
}

model_result<void> scale_to_millimetres(mesh& model, double millimetres_in_unit)
{
    if (millimetres_in_unit == 1) return {};
    for (auto& at : model.points)
        for (float* const value : {&at.x, &at.y, &at.z}) {
            const auto scaled = *value * millimetres_in_unit;
            if (!(std::abs(scaled) <= farthest_mm))
                return model_failure{model_errc::not_a_model,
                                     "In these units the model is over a kilometre from its origin."};
            *value = static_cast<float>(scaled);
        }
    return {};
}

} // namespace layerline::workshop
