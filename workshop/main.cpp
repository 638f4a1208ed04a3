// layerline-workshop: the command line. `serve` is the service, `model …` works on files without one, `slice
// …` on requests; `work` is what the service begins for each job.
#include "access/token_command.hpp"
#include "workshop/jobs/job_process.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/analysis_json.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/repair_json.hpp"
#include "workshop/operation_command.hpp"
#include "workshop/pipeline/slice_task.hpp"
#include "workshop/pipeline/slice_work.hpp"
#include "workshop/service/workshop_process.hpp"
#include "workshop/slicing/slice_command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>

#include <malloc.h>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_bytes = 1024UL * 1024 * 1024;
constexpr int exit_failed = 1, exit_bad_configuration = 2, exit_not_printable = 3;

struct options {
    std::string file, out, units = "mm", format;
    bool json = false;
    float tolerance = -1; // mm; below 0: the default
    bool drop_noise = false;
};

int failed(const model_failure& why)
{
    const auto& row = row_of(why.code);
    std::cerr << "layerline-workshop: " << text_of(why) << "\n  " << row.advice << " ("
              << static_cast<int>(why.code) << ", " << row.name << ")\n";
    return exit_failed;
}

void tell(const mesh_analysis& found)
{
    std::printf("%zu triangles, %zu points, %s\n", found.triangles, found.vertices,
                found.shells == 1 ? "1 part" : (std::to_string(found.shells) + " parts").c_str());
    std::printf("%.2f x %.2f x %.2f mm", found.most.x - found.least.x, found.most.y - found.least.y,
                found.most.z - found.least.z);
    if (found.watertight()) std::printf(", %.3f cm3", found.volume_mm3 / 1000);
    std::printf(", surface %.2f cm2\n", found.surface_area_mm2 / 100);
    if (found.contours > 0) std::printf("%zu holes, %zu of them flat\n", found.contours, found.planar_holes);
    for (const auto& reason : found.reasons)
        std::printf("  %s\n", reason.text.c_str());
    for (const auto& known : found.warnings)
        std::printf("  (%s)\n", known.text.c_str());
    std::printf(found.printable() ? "Printable.\n" : "Not printable as it is.\n");
}

int analyse_file(const options& how)
{
    const auto model = load_model(how.file, how.units, most_bytes);
    if (model.has_error()) return failed(model.error());
    const auto found = analyse(*model);
    if (how.json)
        std::cout << to_json(found).dump(2) << '\n';
    else
        tell(found);
    return found.printable() ? 0 : exit_not_printable;
}

int convert_file(const options& how)
{
    const auto model = load_model(how.file, how.units, most_bytes);
    if (model.has_error()) return failed(model.error());
    if (const auto written = write_model(how.out, *model, how.format); written.has_error())
        return failed(written.error());
    return 0;
}

void tell(const repair_report& report)
{
    if (!report.changed) {
        std::puts("Nothing to repair: it is written as it was.");
        return;
    }
    const auto line = [](std::size_t count, const char* what) {
        if (count > 0) std::printf("%9zu %s\n", count, what);
    };
    line(report.points_joined, "points joined across cracks");
    line(report.degenerate_removed, "triangles without area removed");
    line(report.duplicates_removed, "duplicate triangles removed");
    line(report.flaps_removed, "loose triangles removed");
    line(report.triangles_turned, "triangles turned over");
    line(report.points_split, "points split where parts touched along an edge");
    line(report.holes_filled, "holes filled");
    line(report.noise_shells_removed, "noise parts removed");
    line(report.open_edges, "edges still open");
    line(report.crowded_edges, "edges still with three triangles or more");
}

int repair_file(const options& how)
{
    auto model = load_model(how.file, how.units, most_bytes);
    if (model.has_error()) return failed(model.error());
    repair_options wanted;
    if (how.tolerance >= 0) wanted.tolerance = how.tolerance;
    wanted.drop_noise_shells = how.drop_noise;
    wanted.progress = &show_progress;
    const auto report = repair(*model, wanted);
    show_progress(-1);
    if (const auto written = write_model(how.out, *model, how.format); written.has_error())
        return failed(written.error());
    if (how.json)
        std::cout << to_json(report).dump(2) << '\n';
    else
        tell(report);
    return report.open_edges + report.crowded_edges == 0 ? 0 : exit_not_printable;
}

struct service_options {
    std::filesystem::path state = "/var/lib/layerline/workshop", config = "/etc/layerline/workshop.toml",
                          ready;
    std::string listen;
    bool check = false;
};

int serve(const service_options& how, bool default_config)
{
    auto read = load_configuration(how.config, default_config);
    if (const auto* fault = std::get_if<configuration_fault>(&read)) {
        std::cerr << fault->text << "\n";
        return exit_bad_configuration;
    }
    run_options options{std::get<configuration>(std::move(read)), how.state, how.ready};
    if (!how.listen.empty()) {
        const auto colon = how.listen.rfind(':');
        unsigned port = 0;
        if (colon == std::string::npos || !CLI::detail::lexical_cast(how.listen.substr(colon + 1), port) ||
            port > 65535) {
            std::cerr << "--listen takes ADDRESS:PORT\n";
            return exit_bad_configuration;
        }
        options.settings.address = how.listen.substr(0, colon);
        options.settings.port = static_cast<std::uint16_t>(port);
    }
    if (how.check) {
        std::cout << how.config.string() << ": good\n";
        return 0;
    }
    spdlog::set_default_logger(spdlog::stderr_color_mt("workshop"));
    return run_workshop(options);
}

// Models are a few large blocks, again and again. Given back to the system, each would be cleared anew page
// by page, a quarter of the time of a repair; these processes live for one model.
void keep_freed_memory()
{
    // No other thread is there yet.
    ::mallopt(M_MMAP_MAX, 0);                                     // NOLINT(concurrency-mt-unsafe)
    ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max()); // NOLINT(concurrency-mt-unsafe)
}

int run_program(int argc, char** argv)
{
    CLI::App app("Layerline's workshop: models.");
    app.set_version_flag("--version", LAYERLINE_VERSION);
    app.require_subcommand(1);
    service_options service;
    app.add_option("--state", service.state, "folder of files, operations and tokens")->capture_default_str();
    auto* const config =
        app.add_option("--config", service.config, "configuration file")->capture_default_str();
    auto* const served = app.add_subcommand("serve", "answer the Model API until SIGTERM");
    served->add_option("--listen", service.listen,
                       "ADDRESS:PORT instead of the configuration's; port 0: any free one");
    served->add_option("--ready", service.ready, "write the addresses as JSON to this file once listening");
    served->add_flag("--check", service.check, "check the configuration and exit");
    access::token_command token;
    access::add_token_command(app, token, true);
    app.fallthrough();
    auto* const models = app.add_subcommand("model", "work on a model's file");
    models->require_subcommand(1);
    options how;
    const auto common = [&how](CLI::App* command) {
        command->add_option("FILE", how.file, std::string(read_formats))->required();
        command->add_option("--units", how.units, "of the file: mm, cm, m, inch or foot")
            ->capture_default_str();
        return command;
    };
    auto* const look =
        common(models->add_subcommand("analyse", "size, and whether and why not it can be printed"));
    look->add_flag("--json", how.json, "as the Model API answers");
    auto* const convert = common(models->add_subcommand("convert", "write it in another format, in mm"));
    convert->add_option("-o,--output", how.out, "the file to write")->required();
    convert->add_option("--to", how.format, std::string(written_formats))->default_val("stl");
    auto* const mend =
        common(models->add_subcommand("repair", "close holes, sew cracks, turn triangles outward"));
    mend->add_option("-o,--output", how.out, "the file to write")->required();
    mend->add_option("--to", how.format, std::string(written_formats))->default_val("stl");
    mend->add_option("--tolerance", how.tolerance, "sew cracks up to this wide, mm")
        ->check(CLI::Range(0.0, 10.0));
    mend->add_flag("--drop-noise", how.drop_noise,
                   "remove parts under a thousandth of the largest one's area");
    mend->add_flag("--json", how.json, "the report as the Model API answers it");
    slice_command slice;
    add_slice_command(app, slice);
    operation_command operations;
    add_operation_commands(*models, operations);
    CLI11_PARSE(app, argc, argv);
    if (served->parsed()) return serve(service, config->empty());
    if (!token.verb.empty()) return access::run_token_command(token, service.state);
    if (slice.chosen != slice_command::verb::none) return run_slice_command(slice);
    keep_freed_memory();
    if (const auto* const asked = asked_for(operations)) return run_operation(operations, *asked, most_bytes);
    if (look->parsed()) return analyse_file(how);
    return mend->parsed() ? repair_file(how) : convert_file(how);
}

} // namespace

} // namespace layerline::workshop

int main(int argc, char** argv)
{
    if (argc == 2 && std::string_view(argv[1]) == "work") {
        layerline::workshop::keep_freed_memory();
        return layerline::workshop::work_on_task(
            {layerline::workshop::slice_operation, layerline::workshop::work_on_slice});
    }
    return layerline::workshop::run_program(argc, argv);
}
