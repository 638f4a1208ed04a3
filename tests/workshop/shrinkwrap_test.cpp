// Shrinkwrap beside closed forms, and over whatever is no solid at all: always one closed surface.
#include "tests/workshop/admesh.hpp"
#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/shrinkwrap.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <random>

using namespace layerline::workshop;

namespace {

constexpr double pi = 3.141592653589793;

mesh wrapped(mesh model, wrap_accuracy accuracy, wrap_report* said = nullptr, bool keep_parts = false)
{
    wrap_options options;
    options.accuracy = accuracy;
    options.keep_parts = keep_parts;
    const auto report = shrinkwrap(model, options);
    REQUIRE(report.has_value());
    if (said != nullptr) *said = *report;
    // As it would be after a way through a file.
    auto read = read_stl(binary_stl(model));
    REQUIRE(read.has_value());
    weld_equal(*read);
    return *std::move(read);
}

void check_closed(const mesh& model, std::size_t shells = 1)
{
    const auto found = analyse(model);
    CHECK(found.open_edges == 0);
    CHECK(found.many_edges == 0);
    CHECK(found.flipped_edges == 0);
    CHECK(found.degenerate == 0);
    CHECK(found.duplicates == 0);
    CHECK(found.inverted == 0);
    CHECK(found.shells == shells);
    CHECK(found.volume_mm3 > 0);
}

void ask_admesh(const mesh& model, long parts = 1)
{
    const auto said = asked_admesh(model);
    if (said.open_edges < 0) {
        WARN("admesh is not installed: not asked");
        return;
    }
    CHECK(said.open_edges == 0);
    CHECK(said.parts == parts);
    CHECK(said.turned == 0);
}

double volume(const mesh& model)
{
    return analyse(model).volume_mm3;
}

} // namespace

TEST_CASE("wrapped solids keep the volumes of their closed forms", "[shrinkwrap]")
{
    const double sphere = 4.0 / 3 * pi * 25 * 25 * 25, torus = 2 * pi * pi * 30 * 100, box = 6000;
    const auto ball = wrapped(shapes::sphere(25, 5, {100, -50, 7}), wrap_accuracy::rough);
    check_closed(ball);
    CHECK(volume(ball) == Approx(sphere).epsilon(0.01));
    ask_admesh(ball);
    const auto block = wrapped(shapes::box(10, 20, 30), wrap_accuracy::rough);
    check_closed(block);
    CHECK(volume(block) == Approx(box).epsilon(0.01));
    ask_admesh(block);
    const auto ring = wrapped(shapes::torus(30, 10, 128), wrap_accuracy::smooth);
    check_closed(ring);
    CHECK(volume(ring) == Approx(torus).epsilon(0.003));
    ask_admesh(ring);
}

TEST_CASE("the finest level keeps a box within a thousandth", "[shrinkwrap]")
{
    wrap_report said;
    const auto block = wrapped(shapes::box(10, 20, 30), wrap_accuracy::detailed, &said);
    CHECK(said.voxel == Approx(std::sqrt(1400.0) / 512));
    check_closed(block);
    CHECK(volume(block) == Approx(6000).epsilon(0.001));
}

TEST_CASE("the wrap is the outer surface: cavities and inner walls are gone", "[shrinkwrap]")
{
    const auto hollow = wrapped(
        shapes::together(shapes::sphere(20, 5), shapes::turned(shapes::sphere(15, 4))), wrap_accuracy::rough);
    check_closed(hollow);
    CHECK(volume(hollow) == Approx(4.0 / 3 * pi * 8000).epsilon(0.01));
    const auto crossing = wrapped(shapes::together(shapes::sphere(10, 5), shapes::sphere(10, 5, {8, 1, 2})),
                                  wrap_accuracy::rough);
    check_closed(crossing);
    // Two balls with their centres d apart share two caps.
    const double d = std::sqrt(69.0), cap = 10 - d / 2, shared = 2 * pi * cap * cap * (30 - cap) / 3;
    CHECK(volume(crossing) == Approx(2 * 4.0 / 3 * pi * 1000 - shared).epsilon(0.01));
}

TEST_CASE("of parts that stand apart the largest is wrapped, or each where that is asked for", "[shrinkwrap]")
{
    const auto both = shapes::together(shapes::sphere(10, 4), shapes::sphere(6, 4, {30, 0, 0}));
    wrap_report said;
    const auto one = wrapped(both, wrap_accuracy::rough, &said);
    check_closed(one);
    CHECK(said.parts_left_out == 1);
    CHECK(volume(one) == Approx(4.0 / 3 * pi * 1000).epsilon(0.02));
    const auto each = wrapped(both, wrap_accuracy::rough, &said, true);
    check_closed(each, 2);
    CHECK(said.parts == 2);
    CHECK(said.parts_left_out == 0);
    ask_admesh(each, 2);
}

TEST_CASE("sheets, soups and specks are wrapped, too", "[shrinkwrap]")
{
    mesh sheet;
    sheet.points = {{0, 0, 0}, {50, 0, 0}, {50, 50, 3}, {0, 50, 0}};
    sheet.triangles = {{0, 1, 2}, {0, 2, 3}};
    wrap_report said;
    const auto plate = wrapped(sheet, wrap_accuracy::rough, &said);
    check_closed(plate);
    CHECK(volume(plate) == Approx(2500 * 2 * said.voxel).epsilon(0.15));
    ask_admesh(plate);

    auto open = shapes::box(40, 40, 40); // without its lid
    open.triangles.erase(open.triangles.begin() + 2, open.triangles.begin() + 4);
    check_closed(wrapped(open, wrap_accuracy::rough));

    std::mt19937 random(5);
    const auto any = [&random] { return static_cast<float>(random() % 10000) / 100; };
    for (const std::uint32_t triangles : {1U, 3U, 40U, 400U}) {
        mesh soup;
        for (std::uint32_t i = 0; i < triangles; ++i) {
            for (int corner = 0; corner < 3; ++corner)
                soup.points.push_back({any(), any(), any()});
            soup.triangles.push_back({3 * i, 3 * i + 1, 3 * i + 2});
        }
        INFO(triangles << " loose triangles");
        const auto ball = wrapped(soup, wrap_accuracy::rough);
        check_closed(ball);
        ask_admesh(ball);
    }
    mesh line;
    line.points = {{0, 0, 0}, {10, 10, 10}, {20, 20, 20}};
    line.triangles = {{0, 1, 2}};
    check_closed(wrapped(line, wrap_accuracy::rough));
    mesh speck;
    speck.points = {{1, 1, 1}};
    speck.triangles = {{0, 0, 0}};
    wrap_options options;
    CHECK(shrinkwrap(speck, options).error().code == model_errc::not_a_model);
    mesh none;
    CHECK(shrinkwrap(none, options).error().code == model_errc::not_a_model);
}

TEST_CASE("a damaged sphere's wrap has the volume of the whole one", "[shrinkwrap]")
{
    const auto broken =
        shapes::damaged(shapes::sphere(25, 4),
                        {.flipped = 100, .missing = 20, .moved = 20, .doubled = 5, .degenerate = 5}, 3);
    for (const auto accuracy : {wrap_accuracy::rough, wrap_accuracy::smooth}) {
        const auto ball = wrapped(broken, accuracy);
        check_closed(ball);
        CHECK(volume(ball) == Approx(4.0 / 3 * pi * 25 * 25 * 25).epsilon(0.02));
    }
}

namespace {

// At a resolution that leaves time for two hundred of them.
void wrap_damaged(std::uint32_t from_seed, std::uint32_t to_seed)
{
    for (const auto& [name, shape] : shapes::many())
        for (auto seed = from_seed; seed <= to_seed; ++seed) {
            const shapes::damage all{.flipped = 100,
                                     .missing = 10 * seed,
                                     .moved = 20,
                                     .doubled = 5,
                                     .degenerate = 5,
                                     .flaps = 3 * seed,
                                     .by = 0.2F};
            auto model = shapes::damaged(shape, all, seed);
            if (model.triangles.empty()) continue;
            INFO(name << ", seed " << seed);
            wrap_options options;
            options.steps = 32;
            REQUIRE(shrinkwrap(model, options).has_value());
            const auto found = analyse(model);
            CHECK(found.printable());
            CHECK(found.shells == 1);
        }
}

} // namespace

TEST_CASE("twenty damaged shapes are wrapped, every one", "[shrinkwrap]")
{
    const bool all = std::getenv("LAYERLINE_FULL_MATRIX") != nullptr; // NOLINT(concurrency-mt-unsafe)
    wrap_damaged(1, all ? 10 : 1);
}
