#include "workshop/models/shrinkwrap.hpp"

#include "workshop/operations/operation_files.hpp"
#include "workshop/operations/solid_operations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace layerline::workshop {

model_result<nlohmann::json> shrinkwrap_model(const operation_input& input)
{
    auto model = loaded(input, 0.1);
    if (model.has_error()) return model.error();
    const auto word = input.parameters.value("accuracy", std::string(wrap_accuracy_names.front()));
    wrap_options options;
    options.accuracy =
        static_cast<wrap_accuracy>(std::find(wrap_accuracy_names.begin(), wrap_accuracy_names.end(), word) -
                                   wrap_accuracy_names.begin());
    options.keep_parts = input.parameters.value("keepParts", false);
    options.threads = input.threads;
    options.progress = [&input](double done) { input.progress(0.1 + 0.8 * done); };
    const auto report = shrinkwrap(*model, options);
    if (report.has_error()) return report.error();
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result({{"triangles", model->triangles.size()},
                        {"vertices", model->points.size()},
                        {"voxelMm", report->voxel},
                        {"closedGapMm", report->closed_gap},
                        {"shells", report->parts},
                        {"partsLeftOut", report->parts_left_out}});
}

} // namespace layerline::workshop
