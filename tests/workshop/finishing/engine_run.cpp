#include "tests/workshop/finishing/engine_run.hpp"

#include "tests/fakes/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <sstream>

namespace layerline::tests {

namespace {

constexpr const char* engine = "/usr/bin/prusa-slicer";

struct point {
    double x, y, z;
};

std::string stl_of(const std::vector<std::array<point, 3>>& triangles)
{
    std::ostringstream out;
    out << "solid s\n";
    for (const auto& one : triangles) {
        out << "facet normal 0 0 0\nouter loop\n";
        for (const auto& p : one)
            out << "vertex " << p.x << ' ' << p.y << ' ' << p.z << '\n';
        out << "endloop\nendfacet\n";
    }
    out << "endsolid s\n";
    return out.str();
}

std::string read_all(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

bool engine_is_here()
{
    if (std::filesystem::exists(engine)) return true;
    WARN("left out: the package prusa-slicer is not installed");
    return false;
}

engine_settings plain_settings()
{
    return {{"layer_height", "0.2"},
            {"first_layer_height", "0.2"},
            {"first_layer_speed", "30"},
            {"perimeter_speed", "60"},
            {"external_perimeter_speed", "60"},
            {"small_perimeter_speed", "60"},
            {"infill_speed", "60"},
            {"solid_infill_speed", "60"},
            {"top_solid_infill_speed", "60"},
            {"gap_fill_speed", "60"},
            {"bridge_speed", "60"},
            {"support_material_speed", "60"},
            {"travel_speed", "120"},
            {"perimeters", "2"},
            {"fill_pattern", "grid"},
            {"fill_density", "10%"},
            {"retract_length", "2"},
            {"retract_speed", "40"},
            {"temperature", "205"},
            {"first_layer_temperature", "210"},
            {"bed_temperature", "60"},
            {"first_layer_bed_temperature", "65"},
            {"start_gcode", ";LAYERLINE:START"},
            {"end_gcode", ";LAYERLINE:END"},
            {"gcode_flavor", "marlin"},
            {"machine_limits_usage", "ignore"},
            {"gcode_label_objects", "1"},
            {"cooling", "0"},
            {"skirts", "2"},
            {"bed_shape", "0x0,200x0,200x200,0x200"}};
}

std::string box_stl(double x, double y, double z, double from_z)
{
    const double half_x = x / 2, half_y = y / 2;
    const auto at = [&](int corner) {
        return point{(corner & 1) != 0 ? half_x : -half_x, (corner & 2) != 0 ? half_y : -half_y,
                     (corner & 4) != 0 ? z : from_z};
    };
    constexpr std::array<std::array<int, 3>, 12> faces{{{0, 2, 3},
                                                        {0, 3, 1},
                                                        {4, 5, 7},
                                                        {4, 7, 6},
                                                        {0, 1, 5},
                                                        {0, 5, 4},
                                                        {2, 6, 7},
                                                        {2, 7, 3},
                                                        {0, 4, 6},
                                                        {0, 6, 2},
                                                        {1, 3, 7},
                                                        {1, 7, 5}}};
    std::vector<std::array<point, 3>> all;
    for (const auto& face : faces)
        all.push_back({at(face[0]), at(face[1]), at(face[2])});
    return stl_of(all);
}

std::string cone_stl(double radius, double height)
{
    constexpr int sides = 64;
    const auto rim = [&](int side) {
        const double turn = 2 * std::numbers::pi * (side % sides) / sides;
        return point{radius * std::cos(turn), radius * std::sin(turn), 0};
    };
    std::vector<std::array<point, 3>> all;
    for (int side = 0; side < sides; ++side) {
        all.push_back({rim(side), rim(side + 1), point{0, 0, height}});
        all.push_back({rim(side + 1), rim(side), point{0, 0, 0}});
    }
    return stl_of(all);
}

std::optional<std::string> engine_gcode(const std::vector<std::string>& stls, const engine_settings& settings,
                                        std::string& said)
{
    const fakes::scratch_folder folder;
    const auto out = folder.at / "out.gcode", ini = folder.at / "settings.ini", words = folder.at / "words";
    {
        std::ofstream file(ini);
        for (const auto& [key, value] : settings)
            file << key << " = " << value << '\n';
    }
    // The paths are the scratch folder's own: letters, digits and dashes.
    auto command = std::string(engine) + " -g --load " + ini.string() + " -o " + out.string();
    if (stls.size() > 1) command += " --merge";
    for (std::size_t at = 0; at < stls.size(); ++at) {
        const auto model = folder.at / ("layerline-" + std::to_string(at) + ".stl");
        std::ofstream(model) << stls[at];
        command += " " + model.string();
    }
    command += " >" + words.string() + " 2>&1";
    if (std::system(command.c_str()) != 0) { // NOLINT
        said = read_all(words);
        return std::nullopt;
    }
    return read_all(out);
}

} // namespace layerline::tests
