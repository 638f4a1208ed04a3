#include "workshop/pipeline/slice_work.hpp"

#include "workshop/engine/known_version.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/pipeline/delivery.hpp"
#include "workshop/pipeline/gcode_stages.hpp"
#include "workshop/pipeline/stage.hpp"
#include "workshop/pipeline/svg_layers.hpp"
#include "workshop/pipeline/volumes.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_task_bytes = 16UL * 1024 * 1024;

std::vector<std::filesystem::path> files_of(const slice_task& task)
{
    std::vector<std::filesystem::path> all;
    for (const auto& one : task.sources)
        all.push_back(one.file);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

// SVG mode: all of it is one part.
slice_result<json> make_svg(const job_task& job, const slice_task& task, progress_line& line, slice_log& log)
{
    const auto folder = task.bucket_out.empty() ? std::filesystem::path() : job.folder / "layers";
    if (!folder.empty()) {
        std::error_code fault;
        if (!std::filesystem::create_directory(folder, fault))
            return slice_failure{slice_errc::internal, {}, "No folder to work in: " + fault.message() + "."};
    }
    stage one{job.folder, files_of(task), job.limits, {}};
    one.work = [&](slice_log& steps) -> slice_result<json> {
        auto volumes = read_volumes(task, job.most_source_bytes, steps,
                                    [&line](double done) { line.tell(done, 0, 0.3); });
        if (volumes.has_error()) return volumes.error();
        return write_svg_layers(*volumes, task.data, folder,
                                folder.empty() ? output_in(job.folder) : std::filesystem::path(), steps,
                                [&line](double done) { line.tell(done, 0.3, 1); });
    };
    return run_stage(one, log);
}

slice_result<void> deliver(const job_task& job, const slice_task& task, const std::string& key,
                           slice_log& log)
{
    if (task.bucket_out.empty()) return {};
    log.begin("Move to bucket");
    if (task.svg && std::filesystem::exists(job.folder / "layers"))
        return deliver_folder(job.folder / "layers", task.bucket_out, key);
    return deliver_file(output_in(job.folder), task.bucket_out, key + (task.svg ? ".zip" : ".gcode"));
}

// The facts of the answer's data.
slice_result<json> sliced(const job_task& job, const slice_task& task, slice_log& log)
{
    progress_line line;
    log.begin("Look for an earlier result");
    std::error_code none;
    if (!task.cache.empty()) std::filesystem::create_directories(task.cache, none);
    const auto engine = task.svg ? std::string() : known_engine_version(task.engine, task.cache);
    const auto key = content_key(task, engine);
    if (key.has_error()) return key.error();
    // Drawings in a bucket's folder are many files, and kept there.
    const result_cache cache(task.svg && !task.bucket_out.empty() ? std::filesystem::path() : task.cache,
                             task.most_cache_bytes);
    json facts;
    if (auto kept = cache.take(*key, output_in(job.folder))) {
        log.note("The same models, settings and engine were sliced before.");
        facts = json::parse(*kept, nullptr, false);
    }
    if (!facts.is_object()) {
        auto made =
            task.svg ? make_svg(job, task, line, log) : make_gcode(job, task, files_of(task), line, log);
        if (made.has_error()) return made.error();
        facts = *std::move(made);
        facts["mode"] = task.svg ? "svg" : "gcode";
        facts["hash"] = *key;
        cache.keep(*key, output_in(job.folder), facts.dump(-1, ' ', false, json::error_handler_t::replace));
    }
    if (const auto delivered = deliver(job, task, *key, log); delivered.has_error()) return delivered.error();
    line.tell(1, 0, 1);
    return slice_result<json>(boost::system::in_place_value, std::move(facts));
}

} // namespace

int work_on_slice(const job_task& job)
{
    const auto text = read_model_file(slice_task_in(job.folder), most_task_bytes);
    const auto task = text.has_value() ? parse_slice_task(*text) : std::nullopt;
    if (!task) {
        std::fputs("no slice task in the work folder\n", stderr);
        return 1;
    }
    slice_log log;
    const auto made = sliced(job, *task, log);
    json told;
    if (made.has_error()) {
        // A part that failed has told its steps; what failed outside of one is told here.
        const auto& steps = log.finish();
        if (steps.empty() || steps.back().code == 0) log.fail(made.error());
        told = failed_slice(made.error(), task->response_id, log.finish());
        std::error_code ignored;
        std::filesystem::remove(output_in(job.folder), ignored);
    } else {
        told = finished_slice(*made, task->response_id, log.finish());
    }
    const auto kept = write_model_file(answer_in(job.folder),
                                       answer_text(told.dump(-1, ' ', false, json::error_handler_t::replace)),
                                       durability::passing);
    if (!kept.has_error()) return 0;
    std::fprintf(stderr, "%s\n", kept.error().detail.c_str());
    return 1;
}

} // namespace layerline::workshop
