// layerline-workshop: the command line. `model …` works on files, without a service.
#include "workshop/models/analysis.hpp"
#include "workshop/models/analysis_json.hpp"
#include "workshop/models/model_file.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <string>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_bytes = 1024UL * 1024 * 1024;
constexpr int exit_failed = 1, exit_not_printable = 3;

struct options {
    std::string file, out, units = "mm", format;
    bool json = false;
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
        std::printf("  %s\n", reason.c_str());
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
    const auto bytes = exported(*model, how.format);
    if (bytes.has_error()) return failed(bytes.error());
    if (const auto written = write_model_file(how.out, *bytes); written.has_error())
        return failed(written.error());
    return 0;
}

int run_program(int argc, char** argv)
{
    CLI::App app("Layerline's workshop: models.");
    app.set_version_flag("--version", LAYERLINE_VERSION);
    app.require_subcommand(1);
    auto* const models = app.add_subcommand("model", "work on a model's file");
    models->require_subcommand(1);
    options how;
    const auto common = [&how](CLI::App* command) {
        command->add_option("FILE", how.file, "STL, binary or ASCII")->required();
        command->add_option("--units", how.units, "of the file: mm, cm, m, inch or foot")
            ->capture_default_str();
        return command;
    };
    auto* const look =
        common(models->add_subcommand("analyse", "size, and whether and why not it can be printed"));
    look->add_flag("--json", how.json, "as the Model API answers");
    auto* const convert = common(models->add_subcommand("convert", "write it in another format, in mm"));
    convert->add_option("-o,--output", how.out, "the file to write")->required();
    convert->add_option("--to", how.format, "stl or ascii-stl")->default_val("stl");
    CLI11_PARSE(app, argc, argv);
    return look->parsed() ? analyse_file(how) : convert_file(how);
}

} // namespace

} // namespace layerline::workshop

int main(int argc, char** argv)
{
    return layerline::workshop::run_program(argc, argv);
}
