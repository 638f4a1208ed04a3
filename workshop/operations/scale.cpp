#include "workshop/models/scale.hpp"

#include "workshop/operations/surface_operations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace layerline::workshop {

namespace {

std::optional<int> axis_in(const nlohmann::json& parameters)
{
    const auto hit = std::find(axis_names.begin(), axis_names.end(), parameters.value("axis", std::string()));
    if (hit == axis_names.end()) return std::nullopt;
    return static_cast<int>(hit - axis_names.begin());
}

} // namespace

model_result<nlohmann::json> scale_model(const operation_input& input)
{
    auto model = loaded(input);
    if (model.has_error()) return model.error();
    const auto axis = axis_in(input.parameters);
    auto factor = input.parameters.value("factor", 0.0);
    if (factor > 0) {
        const bool uniform = input.parameters.value("uniform", !axis);
        if (!uniform && !axis) return invalid_parameter("axis");
        if (const auto done = scale_by(*model, factor, uniform ? std::nullopt : axis); done.has_error())
            return done.error();
    } else {
        const auto scaled =
            scale_to_size(*model, axis.value_or(0), input.parameters.value("scaleToSizeMm", 0.0),
                          input.parameters.value("uniform", true));
        if (scaled.has_error()) return scaled.error();
        factor = *scaled;
    }
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result({{"factor", factor}});
}

} // namespace layerline::workshop
