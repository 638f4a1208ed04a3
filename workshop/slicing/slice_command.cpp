#include "workshop/slicing/slice_command.hpp"

#include "workshop/slicing/slice_reference.hpp"
#include "workshop/slicing/slice_request.hpp"
#include "workshop/slicing/volume_layers.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

namespace layerline::workshop {

namespace {

constexpr int exit_refused = 1, exit_unreadable = 2;

int refused(const slice_failure& why)
{
    const auto& row = row_of(why.code);
    std::cerr << "layerline-workshop: " << (why.field.empty() ? "" : why.field + ": ") << text_of(why)
              << "\n  " << row.advice << " (" << static_cast<int>(why.code) << ", " << row.name << ")\n";
    return exit_refused;
}

int tell_layers(const slice_request& request, double height_mm)
{
    for (std::size_t volume = 0; volume < request.data["model"].size(); ++volume) {
        const auto wish =
            wish_of_volume(request.data, volume, static_cast<micron>(std::llround(height_mm * 1000)));
        const auto plan = plan_regions(wish);
        if (plan.has_error()) return refused(plan.error());
        std::printf("volume %zu\n", volume);
        for (const auto& region : plan->regions)
            std::printf("  %-10s %9.3f to %9.3f mm, %zu layers of %.3f mm\n", name_of(region, volume).c_str(),
                        static_cast<double>(region.from) / 1000, static_cast<double>(region.to()) / 1000,
                        region.layers, static_cast<double>(region.layer_height) / 1000);
        for (const auto& note : plan->notes)
            std::printf("  %s\n", note.c_str());
    }
    return 0;
}

int check(const slice_command& command)
{
    std::ifstream file(command.request, std::ios::binary);
    std::string text;
    if (file) { // one byte more than is taken, so that what is too long is seen to be
        text.resize(most_slice_bytes + 1);
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
    }
    if (!file && !file.eof()) {
        std::cerr << "layerline-workshop: " << command.request.string() << " cannot be read\n";
        return exit_unreadable;
    }
    const auto request = read_slice_request(text);
    if (request.has_error()) return refused(request.error());
    if (command.json) std::cout << request->data.dump(2) << '\n';
    if (command.height_mm > 0) return tell_layers(*request, command.height_mm);
    if (!command.json) std::puts("The request is good.");
    return 0;
}

} // namespace

void add_slice_command(CLI::App& app, slice_command& into)
{
    auto* const slice = app.add_subcommand("slice", "slice requests");
    slice->require_subcommand(1);
    slice->add_subcommand("reference", "every field with its type, default, range and unit, as JSON")
        ->callback([&into] { into.chosen = slice_command::verb::reference; });
    auto* const look = slice->add_subcommand("check", "whether a request is good, and what it asks for");
    look->add_option("FILE", into.request, "the request, JSON")->required();
    look->add_option("--height", into.height_mm, "tell the layers of models that are so high, mm")
        ->check(CLI::Range(0.0, 10000.0));
    look->add_flag("--json", into.json, "every section with its defaults");
    look->callback([&into] { into.chosen = slice_command::verb::check; });
}

int run_slice_command(const slice_command& command)
{
    if (command.chosen == slice_command::verb::check) return check(command);
    std::cout << reference_json().dump(2) << '\n';
    return 0;
}

} // namespace layerline::workshop
