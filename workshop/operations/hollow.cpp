#include "workshop/models/hollow.hpp"

#include "workshop/operations/solid_operations.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

model_result<nlohmann::json> hollow_model(const operation_input& input)
{
    auto model = loaded(input, 0.1);
    if (model.has_error()) return model.error();
    hollow_options options;
    options.wall = input.parameters.value("wallThicknessMm", options.wall);
    for (const auto& one : input.parameters.value("drainHoles", nlohmann::json::array()))
        options.drains.push_back({{one["x"].get<float>(), one["y"].get<float>(), one["z"].get<float>()},
                                  one["diameterMm"].get<double>()});
    options.threads = input.threads;
    options.progress = [&input](double done) { input.progress(0.1 + 0.8 * done); };
    const auto report = hollow(*model, options);
    if (report.has_error()) return report.error();
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result({{"triangles", model->triangles.size()},
                        {"voxelMm", report->voxel},
                        {"leastWallMm", report->least_wall},
                        {"cavities", report->cavities},
                        {"drainHoles", options.drains.size()},
                        {"removedMm3", report->removed_mm3}});
}

} // namespace layerline::workshop
