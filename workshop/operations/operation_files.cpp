#include "workshop/operations/operation_files.hpp"

#include "workshop/models/model_file.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace layerline::workshop {

namespace {

model_result<mesh> loaded_by(decltype(load_model)& load, const operation_input& input, double share)
{
    const auto unit = input.result ? std::string("mm") : input.parameters.value("measurementUnits", "mm");
    auto model = load(input.source, unit, input.most_bytes, input.threads);
    input.progress(share);
    // The workshop's folders are nothing that a caller is told.
    if (model.has_error() && model.error().code == model_errc::file_not_found)
        return model_failure{model_errc::file_not_found, "The file was deleted before the operation began."};
    return model;
}

model_failure not_written(const std::string& size)
{
    return {model_errc::server_error,
            "The output, " + size + ", cannot be written: the disk is full, or it is larger than it may be."};
}

} // namespace

model_result<mesh> loaded(const operation_input& input, double share)
{
    return loaded_by(load_model, input, share);
}

model_result<mesh> loaded_triangles(const operation_input& input, double share)
{
    return loaded_by(load_triangles, input, share);
}

model_result<void> kept(const operation_input& input, const mesh& model, std::string_view format)
{
    auto done = write_model(input.output, model, format, input.threads);
    if (done.has_error() && done.error().code == model_errc::server_error)
        return not_written("of " + std::to_string(model.triangles.size()) + " triangles");
    return done;
}

model_result<void> kept(const operation_input& input, std::string_view bytes)
{
    if (write_model_file(input.output, bytes).has_error())
        return not_written("of " + std::to_string(bytes.size()) + " bytes");
    return {};
}

} // namespace layerline::workshop
