#include "workshop/operations/operation.hpp"

#include "workshop/models/analysis.hpp"
#include "workshop/models/analysis_json.hpp"
#include "workshop/models/distance_field.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/repair_json.hpp"
#include "workshop/operations/operation_files.hpp"
#include "workshop/operations/solid_operations.hpp"
#include "workshop/operations/surface_operations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::array import_takes{
    parameter{.name = "fileId", .kind = parameter_kind::model, .meaning = "the file"}, input_units};
constexpr std::array analyse_takes{input_id, input_units};
constexpr std::array export_takes{input_id, input_units,
                                  parameter{.name = "exportToFormat",
                                            .kind = parameter_kind::choice,
                                            .choices = format_names,
                                            .wrong = model_errc::format_unknown,
                                            .meaning = "the format to write"}};

constexpr std::array repair_takes{
    input_id, input_units,
    parameter{.name = "toleranceMm",
              .kind = parameter_kind::number,
              .needed = false,
              .least = 0,
              .most = 10,
              .meaning = "cracks up to this wide are sewn up (default: a "
                         "five-thousandth of the diagonal)"},
    parameter{.name = "dropNoiseShells",
              .kind = parameter_kind::flag,
              .needed = false,
              .meaning = "parts under a thousandth of the largest one's area go"}};
model_result<json> import_model(const operation_input& input)
{
    const auto model = loaded(input);
    if (model.has_error()) return model.error();
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result({{"triangles", model->triangles.size()}, {"vertices", model->points.size()}});
}

model_result<json> analyse_model(const operation_input& input)
{
    const auto model = loaded(input);
    if (model.has_error()) return model.error();
    return json_result(to_json(analyse(*model, input.threads)));
}

model_result<json> export_model(const operation_input& input)
{
    const auto model = loaded(input);
    if (model.has_error()) return model.error();
    const auto format = input.parameters.value("exportToFormat", "stl");
    if (const auto done = kept(input, *model, format); done.has_error()) return done.error();
    return json_result({{"format", format}, {"triangles", model->triangles.size()}});
}

model_result<json> repair_model(const operation_input& input)
{
    auto model = loaded(input);
    if (model.has_error()) return model.error();
    repair_options options;
    if (input.parameters.contains("toleranceMm"))
        options.tolerance = input.parameters["toleranceMm"].get<float>();
    options.drop_noise_shells = input.parameters.value("dropNoiseShells", false);
    options.threads = input.threads;
    options.progress = [&input](double done) { input.progress(0.5 + 0.4 * done); };
    const auto report = repair(*model, options);
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result(to_json(report));
}

constexpr std::array table{
    operation_row{"import", "import", import_takes, operation_output::model, &import_model,
                  "Reads a file, in mm from then on."},
    operation_row{"analyze", "analyse", analyse_takes, operation_output::nothing, &analyse_model,
                  "Size, defects, and whether and why not it can be printed."},
    operation_row{"export",
                  "stl-conversion",
                  export_takes,
                  operation_output::file,
                  &export_model,
                  "Writes the model as a file to download.",
                  {.bytes_a_triangle = 300}},
    operation_row{"repair",
                  "geometrical-repair",
                  repair_takes,
                  operation_output::model,
                  &repair_model,
                  "Makes the surface closed, with two triangles at each edge, looking outward.",
                  {.bytes_a_triangle = 220}},
    operation_row{"reduce",
                  "reduce-triangles",
                  reduce_takes,
                  operation_output::model,
                  &reduce_model,
                  "Leaves triangles out as far as the surface stays where it was.",
                  {.bytes_a_triangle = 220}},
    operation_row{"scale", "scale", scale_takes, operation_output::model, &scale_model,
                  "Scales by a factor, or to a size along one axis."},
    operation_row{"shrinkwrap",
                  "shrinkwrap-repair",
                  shrinkwrap_takes,
                  operation_output::model,
                  &shrinkwrap_model,
                  "Wraps whatever it is in one closed surface.",
                  {.fixed_mb = 512},
                  &load_distance_grids},
    operation_row{"hollow",
                  "hollowing",
                  hollow_takes,
                  operation_output::model,
                  &hollow_model,
                  "Takes the inside out of a closed model, but for a wall.",
                  {.fixed_mb = 640},
                  &load_distance_grids},
    operation_row{"wall-thickness",
                  "wall-thickness-analysis",
                  wall_thickness_takes,
                  operation_output::file,
                  &analyse_wall_thickness,
                  "Finds thin walls, and colours them in a file.",
                  {.bytes_a_triangle = 300}},
    operation_row{"thumbnail",
                  "thumbnail",
                  thumbnail_takes,
                  operation_output::file,
                  &thumbnail_model,
                  "Draws the model as a camera sees it.",
                  {.fixed_mb = 128}},
};

} // namespace

std::span<const operation_row> operation_table()
{
    return table;
}

const operation_row* find_operation(std::string_view name)
{
    const auto* const hit = std::find_if(table.begin(), table.end(), [name](const operation_row& row) {
        return row.name == name || row.other_name == name;
    });
    return hit != table.end() ? hit : nullptr;
}

std::string_view input_parameter(const operation_row& row)
{
    return row.parameters.front().name;
}

std::string output_name(const operation_row& row, const json& parameters, std::string_view input_name)
{
    auto name = std::string(input_name.substr(0, input_name.rfind('.')));
    if (name.empty()) name = "model";
    auto ending = std::string("stl");
    if (row.output == operation_output::file) {
        const auto format = row.name == "thumbnail" ? parameters.value("format", "png")
                                                    : parameters.value("exportToFormat", "stl");
        if (!format.ends_with("stl")) ending = format;
    }
    return name + "." + ending;
}

} // namespace layerline::workshop
