// Models for the mesh benchmarks, and what is said of their results: made and judged by the same code for
// ours and the peers.
#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/surface_distance.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <random>

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
    if (kind == "sphere") return sphere;
    return shapes::damaged(sphere, {.flipped = 100, .missing = 5, .moved = 20, .doubled = 2, .degenerate = 1},
                           1);
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
