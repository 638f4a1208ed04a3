#include "workshop/models/picture_file.hpp"
#include "workshop/operations/surface_operations.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace layerline::workshop {

model_result<nlohmann::json> thumbnail_model(const operation_input& input)
{
    const auto model = loaded_triangles(input);
    if (model.has_error()) return model.error();
    raster_options options;
    options.threads = input.threads;
    options.width = input.parameters.value("width", options.width);
    options.height = input.parameters.value("height", options.height);
    options.angles = {input.parameters.value("cameraAngleX", 0.0),
                      input.parameters.value("cameraAngleY", 0.0),
                      input.parameters.value("cameraAngleZ", 0.0)};
    options.background = background_of(input.parameters.value("background", std::string("transparent")));
    const auto format = input.parameters.value("format", std::string("png"));
    const auto written = write_picture(input.output, *model, options, format,
                                       [&input](double done) { input.progress(0.5 + 0.5 * done); });
    if (written.has_error())
        return model_failure{model_errc::server_error,
                             "The picture cannot be written: the disk is full, or it "
                             "is larger than it may be."};
    return json_result({{"format", format}, {"width", options.width}, {"height", options.height}});
}

} // namespace layerline::workshop
