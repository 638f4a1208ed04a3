#include "workshop/pipeline/volumes.hpp"

#include "workshop/models/model_file.hpp"
#include "workshop/models/repair.hpp"

#include <string>
#include <utility>

namespace layerline::workshop {

namespace {

std::string nth(std::size_t index)
{
    return "model[" + std::to_string(index) + "]";
}

slice_result<mesh> read_volume(const slice_source& source, std::size_t index, std::size_t most_bytes)
{
    auto read = load_model(source.file, "mm", most_bytes);
    if (read.has_value()) return *std::move(read);
    const auto& why = read.error();
    return slice_failure{slice_errc::model_not_found, nth(index) + ".hash",
                         why.code == model_errc::file_not_found
                             ? source.name + " is not there any more."
                             : source.name + " cannot be sliced: " + text_of(why)};
}

// Outlines and paths need surfaces that are closed and look outward.
void mend(mesh& model, std::size_t index, slice_log& log)
{
    const auto report = repair(model);
    if (!report.changed) return;
    auto told = nth(index) + " was repaired: " + std::to_string(report.holes_filled) + " holes filled, " +
                std::to_string(report.triangles_turned) + " triangles turned over.";
    if (report.open_edges + report.crowded_edges > 0)
        told += " " + std::to_string(report.open_edges + report.crowded_edges) + " bad edges are left.";
    log.note(told);
}

} // namespace

slice_result<std::vector<placed_volume>> read_volumes(const slice_task& task, std::size_t most_bytes,
                                                      slice_log& log,
                                                      const std::function<void(double)>& progress)
{
    const auto count = static_cast<double>(task.sources.size());
    std::vector<mesh> meshes;
    log.begin("Loading volumes");
    for (std::size_t index = 0; index < task.sources.size(); ++index) {
        auto read = read_volume(task.sources[index], index, most_bytes);
        if (read.has_error()) return read.error();
        mend(*read, index, log);
        meshes.push_back(*std::move(read));
        progress(static_cast<double>(meshes.size()) / count);
    }
    log.begin("Transforming input volumes");
    for (std::size_t index = 0; index < meshes.size(); ++index) {
        auto made = placed(std::move(meshes[index]), task.data, index);
        if (made.has_error()) return made.error();
        meshes[index] = *std::move(made);
    }
    if (const auto fit = check_fit(task.data, meshes); fit.has_error()) return fit.error();
    log.begin("Create Regions");
    auto volumes = planned(std::move(meshes), task.data);
    if (volumes.has_error()) return volumes.error();
    for (std::size_t index = 0; index < volumes->size(); ++index)
        for (const auto& note : (*volumes)[index].plan.notes)
            log.note(nth(index) + ": " + note);
    return volumes;
}

} // namespace layerline::workshop
