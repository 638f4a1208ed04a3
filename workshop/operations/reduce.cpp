#include "workshop/models/reduce.hpp"

#include "workshop/operations/surface_operations.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

model_result<nlohmann::json> reduce_model(const operation_input& input)
{
    auto model = loaded(input, 0.2);
    if (model.has_error()) return model.error();
    reduce_options options;
    options.accuracy = input.parameters.value("accuracyMm", 0.0);
    options.most_turn = input.parameters.value("maxAngle", options.most_turn);
    options.most_passes = input.parameters.value("numberOfIterations", options.most_passes);
    options.enough = input.parameters.value("leastTriangles", options.enough);
    options.threads = input.threads;
    options.progress = [&input](double done) { input.progress(0.2 + 0.7 * done); };
    const auto report = reduce(*model, options);
    if (const auto done = kept(input, *model, "stl"); done.has_error()) return done.error();
    return json_result({{"trianglesBefore", report.before},
                        {"trianglesAfter", report.after},
                        {"accuracyReachedMm", report.reached},
                        {"angleReached", report.turned},
                        {"iterations", report.passes}});
}

} // namespace layerline::workshop
