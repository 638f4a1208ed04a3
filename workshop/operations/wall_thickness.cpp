#include "workshop/models/wall_thickness.hpp"

#include "workshop/operations/solid_operations.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace layerline::workshop {

nlohmann::json to_json(const thickness_report& report)
{
    auto fields = nlohmann::json{{"hasThinWalls", report.has_thin()},
                                 {"hasPossibleThinWalls", report.has_possibly_thin()},
                                 {"thinAreaMm2", report.area_of(wall_mark::thin)},
                                 {"possibleThinAreaMm2", report.area_of(wall_mark::possibly_thin)},
                                 {"unmeasuredAreaMm2", report.area_of(wall_mark::unknown)},
                                 {"leastThicknessMm", nullptr},
                                 {"leastThicknessAt", nullptr},
                                 {"triangles", report.marks.size()}};
    if (report.thinnest) {
        fields["leastThicknessMm"] = *report.thinnest;
        fields["leastThicknessAt"] = {
            {"x", report.thinnest_at.x}, {"y", report.thinnest_at.y}, {"z", report.thinnest_at.z}};
    }
    return fields;
}

model_result<nlohmann::json> analyse_wall_thickness(const operation_input& input)
{
    auto model = loaded(input, 0.1);
    if (model.has_error()) return model.error();
    thickness_options options;
    options.least = input.parameters.value("minimalWallThicknessMm", options.least);
    options.accuracy = input.parameters.value("accuracyWallThickness", options.accuracy);
    options.threads = input.threads;
    options.progress = [&input](double done) { input.progress(0.1 + 0.8 * done); };
    const auto report = measure_walls(*model, options);
    if (report.has_error()) return report.error();
    const bool ply = input.parameters.value("exportToFormat", std::string("stl")) == "ply";
    if (const auto done =
            kept(input, ply ? marked_ply(*model, report->marks) : marked_stl(*model, report->marks));
        done.has_error())
        return done.error();
    return json_result(to_json(*report));
}

} // namespace layerline::workshop
