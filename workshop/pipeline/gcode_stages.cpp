#include "workshop/pipeline/gcode_stages.hpp"

#include "workshop/engine/corner_discs.hpp"
#include "workshop/engine/engine_process.hpp"
#include "workshop/engine/engine_project.hpp"
#include "workshop/finishing/gcode_check.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/picture_file.hpp"
#include "workshop/pipeline/volumes.hpp"
#include "workshop/slicing/volume_layers.hpp"

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
constexpr std::size_t most_read = 1UL << 20U;

struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using open_file = std::unique_ptr<std::FILE, closer>;

std::filesystem::path picture_in(const std::filesystem::path& folder, std::size_t size)
{
    return folder / ("picture-" + std::to_string(size) + ".png");
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

void draw(std::span<const placed_volume> volumes, const std::filesystem::path& folder, slice_log& log)
{
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
        if (write_picture(picture_in(folder, size), all, options, "png", [](double) {}).has_error())
            log.note("There is no picture of " + std::to_string(size) + " pixels in the file.");
    }
}

// Models in, the engine's project and the pictures out. The facts are what the last part has to know.
slice_result<json> prepare(const slice_task& task, const job_task& job, progress_line& line, slice_log& log)
{
    auto volumes = read_volumes(task, job.most_source_bytes, log,
                                [&line](double done) { line.tell(done, 0, read_end * 0.8); });
    if (volumes.has_error()) return volumes.error();
    json facts{{"heights", json::array()}, {"boxes", json::array()}, {"settings", json::object()}};
    for (auto& volume : *volumes) {
        facts["heights"].push_back(std::llround(extent_of(volume.shape).most.z * 1000));
        // The engine would print a layer of what is left above the last whole one.
        if (!volume.plan.regions.empty())
            cut_above(volume.shape, static_cast<double>(volume.plan.regions.back().to()) / 1000);
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
    draw(*volumes, job.folder, log);
    const open_file project(std::fopen((job.folder / project_file).c_str(), "wbe"));
    const auto take = [&project](std::string_view bytes) {
        return project && std::fwrite(bytes.data(), 1, bytes.size(), project.get()) == bytes.size();
    };
    if (!write_engine_project(*plan, *volumes, take) || std::fflush(project.get()) != 0 ||
        write_model_file(job.folder / settings_file, settings_text(plan->settings)).has_error())
        return not_written();
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

// Gives a file's bytes to `take` until that says false; false if it cannot be read.
bool each_part(const std::filesystem::path& file, const std::function<bool(std::string_view, double)>& take)
{
    const open_file from(std::fopen(file.c_str(), "rbe"));
    if (!from) return false;
    std::error_code fault;
    const auto size = static_cast<double>(std::filesystem::file_size(file, fault));
    std::vector<char> part(most_read);
    double done = 0;
    for (;;) {
        const auto got = std::fread(part.data(), 1, part.size(), from.get());
        done += static_cast<double>(got);
        if (got == 0) return std::ferror(from.get()) == 0;
        if (!take({part.data(), got}, size > 0 ? done / size : 1)) return true;
    }
}

slice_result<finished> finish_file(finishing_plan plan, const job_task& job, progress_line& line)
{
    const open_file to(std::fopen(output_in(job.folder).c_str(), "wbe"));
    bool good = to != nullptr;
    finisher work(std::move(plan), pictures_in(job.folder), [&](std::string_view bytes) {
        good = good && std::fwrite(bytes.data(), 1, bytes.size(), to.get()) == bytes.size();
    });
    const bool read = each_part(job.folder / engine_gcode_file, [&](std::string_view bytes, double done) {
        line.tell(done, engine_end, (1 + engine_end) / 2);
        return work.push(bytes) && good;
    });
    if (!read || !good) return not_written();
    auto made = work.finish();
    if (made.has_error()) return made.error();
    if (!good || std::fflush(to.get()) != 0) return not_written();
    for (const auto& patch : made->patches)
        if (::pwrite(::fileno(to.get()), patch.text.data(), patch.text.size(),
                     static_cast<off_t>(patch.offset)) != static_cast<ssize_t>(patch.text.size()))
            return not_written();
    if (::fsync(::fileno(to.get())) != 0) return not_written();
    return made;
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
    auto made = finish_file(*std::move(plan), job, line);
    if (made.has_error()) return made.error();
    for (const auto& note : made->notes)
        log.note(note);
    log.begin("Check gcode");
    gcode_check check(std::move(wanted), made->user_lines);
    const bool read = each_part(output_in(job.folder), [&](std::string_view bytes, double done) {
        line.tell(done, (1 + engine_end) / 2, 1);
        check.push(bytes);
        return true;
    });
    if (!read) return not_written();
    const auto report = check.finish();
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

std::string engine_version(const std::string& program)
{
    return ask_engine_version(program);
}

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
