// Models for the mesh benchmarks, and what is said of their results: made and judged by the same code for
// ours and the peers.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/surface_distance.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <random>
#include <string>
#include <utility>

namespace {

using namespace layerline::workshop;

constexpr std::size_t most_bytes = 1024UL * 1024 * 1024;
constexpr std::size_t places = 400'000; // at which two surfaces are compared, each way

// Every point moved along its way from the middle by up to `share` of its distance.
void roughen(mesh& model, float share)
{
    std::mt19937 random(1);
    for (auto& at : model.points) {
        const auto by = 1 + share * (static_cast<float>(random() % 2001) / 1000 - 1);
        at = {at.x * by, at.y * by, at.z * by};
    }
}

// Corner by corner, as an STL has it: of a thousand triangles 100 are turned over, 5 missing and 20 a little
// off their neighbours with all their corners (cracks); 2,000 there twice, 1,000 without area.
mesh broken(const mesh& good)
{
    std::mt19937 random(1);
    const auto hit = [&](unsigned of_a_thousand) { return random() % 1000 < of_a_thousand; };
    const auto off = [&] { return 0.01F * (static_cast<float>(random() % 2001) / 1000 - 1); };
    mesh made;
    const auto add = [&made](const std::array<point, 3>& at) {
        const auto first = static_cast<std::uint32_t>(made.points.size());
        made.points.insert(made.points.end(), at.begin(), at.end());
        made.triangles.push_back({first, first + 1, first + 2});
    };
    std::size_t doubled = 0, flat = 0;
    for (const auto& one : good.triangles) {
        std::array<point, 3> at{good.points[one[0]], good.points[one[1]], good.points[one[2]]};
        if (hit(5)) continue;
        if (hit(100)) std::swap(at[1], at[2]);
        if (hit(20))
            for (auto& corner : at)
                corner = {corner.x + off(), corner.y + off(), corner.z + off()};
        if (hit(2) && doubled++ < 2000) add(at);
        if (hit(1) && flat++ < 1000) add({at[0], at[1], at[1]});
        add(at);
    }
    return made;
}

mesh made(const std::string& kind, std::uint32_t size)
{
    if (kind == "torus") return shapes::torus(30, 10, size);
    auto sphere = shapes::sphere(50, static_cast<int>(size));
    // Smooth waves, and a little noise: 0.01 mm of 50.
    for (auto& at : sphere.points) {
        const auto by = 1 + 0.02F * std::sin(at.x * 0.4F) * std::cos(at.y * 0.3F) * std::sin(at.z * 0.35F);
        at = {at.x * by, at.y * by, at.z * by};
    }
    roughen(sphere, 2e-4F);
    return kind == "sphere" ? sphere : broken(sphere);
}

int told(const model_failure& why)
{
    std::cerr << text_of(why) << '\n';
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app("Models for the benchmarks.");
    app.require_subcommand(1);
    std::string kind, one, other;
    std::uint32_t size = 8;
    auto* const make = app.add_subcommand("make", "a model as binary STL");
    make->add_option("KIND", kind, "sphere or broken (SIZE quarterings), torus (SIZE steps each way)")
        ->required()
        ->check(CLI::IsMember({"sphere", "broken", "torus"}));
    make->add_option("SIZE", size)->required()->check(CLI::Range(1, 4000));
    make->add_option("FILE", one)->required();
    auto* const judge =
        app.add_subcommand("judge", "triangles, open and crowded edges of a file, in one line");
    judge->add_option("FILE", one)->required();
    auto* const compare = app.add_subcommand("compare", "the distance of two surfaces, mm");
    compare->add_option("FILE", one)->required();
    compare->add_option("OTHER", other)->required();
    CLI11_PARSE(app, argc, argv);
    if (make->parsed()) {
        const auto done = write_model_file(one, binary_stl(made(kind, size)));
        return done.has_error() ? told(done.error()) : 0;
    }
    const auto model = load_model(one, "mm", most_bytes);
    if (model.has_error()) return told(model.error());
    if (judge->parsed()) {
        const auto links = link_edges(*model);
        std::printf("%zu %zu %zu\n", model->triangles.size(), links.open_edges, links.many_edges);
        return 0;
    }
    const auto second = load_model(other, "mm", most_bytes);
    if (second.has_error()) return told(second.error());
    std::printf("%.6f\n", difference_of(*model, *second, places).farthest);
    return 0;
}
