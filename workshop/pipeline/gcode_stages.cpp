#include "workshop/pipeline/gcode_stages.hpp"

#include "workshop/engine/corner_discs.hpp"
#include "workshop/engine/engine_process.hpp"
#include "workshop/engine/engine_project.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/picture_file.hpp"
#include "workshop/models/shares.hpp"
#include "workshop/pipeline/finished_file.hpp"
#include "workshop/pipeline/volumes.hpp"
#include "workshop/slicing/printable_layers.hpp"
#include "workshop/slicing/volume_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <utility>

#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

// Where each part stands in the whole, by what they take of a middling job.
constexpr double read_end = 0.15, engine_end = 0.85;

constexpr std::array<std::size_t, 2> picture_sizes{32, 300}; // pixels, square: what hosts and phones show

struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using open_file = std::unique_ptr<std::FILE, closer>;

std::filesystem::path picture_in(const std::filesystem::path& folder, std::size_t size)
{
    return folder / ("picture-" + std::to_string(size) + ".png");
}

// Of all lines that a model is made of.
double widest_line_mm(const json& data)
{
    double nozzle = 0;
    for (const auto& one : data["extruders"])
        nozzle = std::max(nozzle, one["nozzleSize"].get<double>() / 1000);
    const double bottom = data["bottom"]["firstLayersWidthFactor"].get<double>() / 100;
    return nozzle * std::max(1.0, bottom);
}

slice_failure not_written()
{
    return {slice_errc::internal,
            {},
            "The files between cannot be written: the disk is full, or they are larger than they may be."};
}

slice_result<json> value(json made)
{
    return slice_result<json>(boost::system::in_place_value, std::move(made));
}

// What could not be drawn, in sentences.
std::vector<std::string> draw(std::span<const placed_volume> volumes, const std::filesystem::path& folder)
{
    std::vector<std::string> missing;
    mesh all;
    for (const auto& one : volumes) {
        const auto first = static_cast<std::uint32_t>(all.points.size());
        all.points.insert(all.points.end(), one.shape.points.begin(), one.shape.points.end());
        for (const auto& corners : one.shape.triangles)
            all.triangles.push_back({corners[0] + first, corners[1] + first, corners[2] + first});
    }
    for (const auto size : picture_sizes) {
        raster_options options;
        options.width = options.height = size;
        if (write_picture(
                picture_in(folder, size), all, options, "png", [](double) {}, durability::passing)
                .has_error())
            missing.push_back("There is no picture of " + std::to_string(size) + " pixels in the file.");
    }
    return missing;
}

bool write_project(const engine_plan& plan, std::span<const placed_volume> volumes,
                   const std::filesystem::path& folder)
{
    const open_file project(std::fopen((folder / project_file).c_str(), "wbe"));
    const auto take = [&project](std::string_view bytes) {
        return project && std::fwrite(bytes.data(), 1, bytes.size(), project.get()) == bytes.size();
    };
    return write_engine_project(plan, volumes, take) && std::fflush(project.get()) == 0 &&
           write_model_file(folder / settings_file, settings_text(plan.settings), durability::passing)
               .has_value();
}

// Both on a thread of their own where one may be had: neither needs the other.
bool write_project_and_pictures(const engine_plan& plan, std::span<const placed_volume> volumes,
                                const std::filesystem::path& folder, slice_log& log)
{
    bool written = false;
    std::vector<std::string> missing;
    (void)usual_mode(); // asked for before there are threads
    in_shares(2, 1, 0, [&](std::size_t which, std::size_t) {
        if (which == 0)
            written = write_project(plan, volumes, folder);
        else
            missing = draw(volumes, folder);
    });
    for (const auto& one : missing)
        log.note(one);
    return written;
}

// Models in, the engine's project and the pictures out. The facts are what the last part has to know.
slice_result<json> prepare(const slice_task& task, const job_task& job, progress_line& line, slice_log& log)
{
    auto volumes = read_volumes(task, job.most_source_bytes, log,
                                [&line](double done) { line.tell(done, 0, read_end * 0.8); });
    if (volumes.has_error()) return volumes.error();
    json facts{{"heights", json::array()},
               {"boxes", json::array()},
               {"wide", json::array()},
               {"settings", json::object()}};
    for (auto& volume : *volumes) {
        facts["heights"].push_back(std::llround(extent_of(volume.shape).most.z * 1000));
        // The engine would print a layer of what is left above the last whole one.
        if (!volume.plan.regions.empty())
            cut_above(volume.shape, static_cast<double>(volume.plan.regions.back().to()) / 1000);
        facts["wide"].push_back(uppermost_wide_layer(volume.shape, volume.plan, widest_line_mm(task.data)));
    }
    log.begin("Create project");
    add_corner_discs(*volumes, task.data);
    for (const auto& volume : *volumes) {
        const auto box = extent_of(volume.shape);
        facts["boxes"].push_back({box.least.x, box.least.y, box.least.z, box.most.x, box.most.y, box.most.z});
    }
    auto plan = plan_engine(task.data, *volumes);
    if (plan.has_error()) return plan.error();
    for (const auto& note : plan->notes)
        log.note(note);
    for (const auto& [key, setting] : plan->settings)
        facts["settings"][key] = setting;
    if (!write_project_and_pictures(*plan, *volumes, job.folder, log)) return not_written();
    line.tell(1, 0, read_end);
    return value(std::move(facts));
}

std::vector<png_picture> pictures_in(const std::filesystem::path& folder)
{
    std::vector<png_picture> all;
    for (const auto size : picture_sizes)
        if (auto bytes = read_model_file(picture_in(folder, size), most_thumbnail_bytes); bytes.has_value())
            all.push_back({static_cast<int>(size), static_cast<int>(size), *std::move(bytes)});
    return all;
}

slice_result<finishing_plan> finishing_of(const slice_task& task, const json& facts)
{
    std::vector<volume_plan> volumes;
    for (std::size_t index = 0; index < facts["heights"].size(); ++index) {
        auto plan = plan_regions(wish_of_volume(task.data, index, facts["heights"][index].get<micron>()));
        if (plan.has_error()) return plan.error();
        volumes.push_back({*std::move(plan), 0});
    }
    return plan_finishing(task.data, std::move(volumes));
}

std::vector<box_mm> boxes_of(const json& facts)
{
    std::vector<box_mm> all;
    for (const auto& one : facts["boxes"])
        all.push_back({one[0], one[1], one[2], one[3], one[4], one[5]});
    return all;
}

slice_failure not_as_asked(const check_report& report)
{
    const auto& first = report.mismatches.front();
    auto text = "The G-code is not what was asked for: " + first.text;
    if (first.line > 0) text += " (line " + std::to_string(first.line) + ")";
    if (report.mismatch_count > 1) text += " And " + std::to_string(report.mismatch_count - 1) + " more.";
    return {slice_errc::internal, {}, std::move(text), internal_code_of(report)};
}

// The engine's G-code in, the finished and checked file out.
slice_result<json> complete(const slice_task& task, const job_task& job, const json& facts,
                            progress_line& line, slice_log& log)
{
    log.begin("Finish gcode");
    auto plan = finishing_of(task, facts);
    if (plan.has_error()) return plan.error();
    auto wanted = expect(task.data, *plan, boxes_of(facts), facts["settings"].get<engine_settings>());
    wanted.wide_layers = facts["wide"].get<std::vector<std::size_t>>();
    auto ended = finish_and_check(*std::move(plan), pictures_in(job.folder), std::move(wanted),
                                  job.folder / engine_gcode_file, output_in(job.folder),
                                  [&line](double done) { line.tell(done, engine_end, 1); });
    if (ended.has_error()) return ended.error();
    for (const auto& note : ended->made.notes)
        log.note(note);
    log.begin("Check gcode");
    const auto& report = ended->report;
    if (!report.good()) return not_as_asked(report);
    for (const auto& note : report.notes)
        log.note(note);
    const auto filament = std::accumulate(report.filament_mm.begin(), report.filament_mm.end(), 0.0);
    return value({{"time", std::round(report.seconds)},
                  {"amount", std::round(filament * 10) / 10},
                  {"layers", report.layers},
                  {"check", json_of(report)}});
}

} // namespace

slice_result<json> make_gcode(const job_task& job, const slice_task& task,
                              const std::vector<std::filesystem::path>& models, progress_line& line,
                              slice_log& log)
{
    stage one{job.folder, models, job.limits, {}};
    one.work = [&](slice_log& steps) { return prepare(task, job, line, steps); };
    const auto facts = run_stage(one, log);
    if (facts.has_error()) return facts.error();
    line.tell(1, 0, read_end); // its own line's progress is not seen here

    log.begin("Create Slices");
    engine_call call;
    call.program = task.engine;
    call.folder = job.folder;
    call.limits = job.limits;
    call.progress = [&line](double done) { line.tell(done, read_end, engine_end); };
    const auto sliced = run_engine(call);
    if (sliced.has_error()) return sliced.error();

    stage last{job.folder, {}, job.limits, {}};
    last.work = [&](slice_log& steps) { return complete(task, job, *facts, line, steps); };
    return run_stage(last, log);
}

} // namespace layerline::workshop
