#include "workshop/solid_commands.hpp"

#include "workshop/models/model_file.hpp"
#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_bytes = 1024UL * 1024 * 1024;

// A bar on stderr where a person looks at it.
class progress_bar {
public:
    void tell(double done)
    {
        if (!watched_) return;
        const int now = static_cast<int>(done * 100);
        if (now <= told_) return;
        told_ = now;
        constexpr int width = 40;
        std::string bar(static_cast<std::size_t>(now * width / 100), '#');
        bar.resize(width, ' ');
        std::fprintf(stderr, "\r[%s] %3d %%", bar.c_str(), now);
    }
    ~progress_bar()
    {
        if (told_ >= 0) std::fputs("\r\033[K", stderr);
    }
    progress_bar() = default;
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;

private:
    bool watched_ = ::isatty(STDERR_FILENO) != 0;
    int told_ = -1;
};

void tell_shrinkwrap(const json& fields)
{
    std::printf("%zu triangles, gaps up to %.2f mm closed.\n", fields["triangles"].get<std::size_t>(),
                fields["closedGapMm"].get<double>());
    if (const auto left = fields["partsLeftOut"].get<std::size_t>(); left > 0)
        std::printf("%zu smaller parts that stand apart were left out (--keep-parts keeps them).\n", left);
}

void tell_hollow(const json& fields)
{
    std::printf("%zu cavities, %.3f cm3 taken out.\n", fields["cavities"].get<std::size_t>(),
                fields["removedMm3"].get<double>() / 1000);
}

void tell_thickness(const json& fields)
{
    if (fields["leastThicknessMm"].is_number()) {
        const auto& at = fields["leastThicknessAt"];
        std::printf("Thinnest wall: %.3f mm, at %.2f %.2f %.2f.\n", fields["leastThicknessMm"].get<double>(),
                    at["x"].get<double>(), at["y"].get<double>(), at["z"].get<double>());
    }
    std::printf("Thin: %.2f cm2; possibly thin: %.2f cm2.\n", fields["thinAreaMm2"].get<double>() / 100,
                (fields["possibleThinAreaMm2"].get<double>() + fields["unmeasuredAreaMm2"].get<double>()) /
                    100);
}

} // namespace

struct solid_commands::words {
    std::string file, out, units = "mm", accuracy = "Smooth", format = "stl";
    double wall = 2, least = 1;
    int level = 2;
    bool json_answer = false, keep_parts = false;
    CLI::App *shrinkwrap = nullptr, *hollow = nullptr, *thickness = nullptr;

    CLI::App* command(CLI::App& models, const char* name, const char* does)
    {
        auto* const made = models.add_subcommand(name, does);
        made->add_option("FILE", file, "the model's file")->required();
        made->add_option("--units", units, "of the file: mm, cm, m, inch or foot")->capture_default_str();
        made->add_option("-o,--output", out, "the file to write")->required();
        made->add_flag("--json", json_answer, "as the Model API answers");
        return made;
    }
};

solid_commands::solid_commands(CLI::App& models) : words_(std::make_unique<words>())
{
    auto& all = *words_;
    all.shrinkwrap = all.command(models, "shrinkwrap", "wrap it in one closed surface (STL), whatever it is");
    all.shrinkwrap->add_option("--accuracy", all.accuracy, "Rough, Smooth or Detailed")
        ->capture_default_str();
    all.shrinkwrap->add_flag("--keep-parts", all.keep_parts, "keep parts that stand apart");
    all.hollow = all.command(models, "hollow", "take the inside out, but for a wall (STL)");
    all.hollow->add_option("--wall", all.wall, "mm, 1 to 20")->capture_default_str();
    all.thickness = all.command(models, "thickness", "find thin walls, and colour them in a file");
    all.thickness->add_option("--least", all.least, "walls below are thin: mm, 0.1 to 20")
        ->capture_default_str();
    all.thickness->add_option("--accuracy", all.level, "1, 2 or 3")->capture_default_str();
    all.thickness->add_option("--to", all.format, "stl or ply")->capture_default_str();
}

solid_commands::~solid_commands() = default;

std::optional<int> solid_commands::run(const std::function<int(const model_failure&)>& failed) const
{
    const auto& all = *words_;
    json given{{"inputId", "file"}, {"measurementUnits", all.units}};
    std::string_view name;
    void (*tell)(const json&) = nullptr;
    if (all.shrinkwrap->parsed()) {
        name = "shrinkwrap";
        given["accuracy"] = all.accuracy;
        given["keepParts"] = all.keep_parts;
        tell = &tell_shrinkwrap;
    } else if (all.hollow->parsed()) {
        name = "hollow";
        given["wallThicknessMm"] = all.wall;
        tell = &tell_hollow;
    } else if (all.thickness->parsed()) {
        name = "wall-thickness";
        given["minimalWallThicknessMm"] = all.least;
        given["accuracyWallThickness"] = all.level;
        given["exportToFormat"] = all.format;
        tell = &tell_thickness;
    } else {
        return std::nullopt;
    }
    const auto* const row = find_operation(name);
    const auto checked = checked_parameters(given, row->parameters);
    if (checked.has_error()) return failed(checked.error());
    operation_input input;
    input.parameters = *checked;
    input.source = all.file;
    input.output = all.out;
    input.most_bytes = most_bytes;
    const auto fields = [&] {
        progress_bar bar;
        input.progress = [&bar](double done) { bar.tell(done); };
        return row->run(input);
    }();
    if (fields.has_error()) return failed(fields.error());
    if (all.json_answer)
        std::cout << fields->dump(2) << '\n';
    else
        tell(*fields);
    return 0;
}

} // namespace layerline::workshop
