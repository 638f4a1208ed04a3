// Repair over seeded damage: what it gives is closed as its own analysis sees it and as admesh does.
#include "tests/workshop/admesh.hpp"
#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/scale.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <string>

using namespace layerline::workshop;

namespace {

constexpr double pi = 3.141592653589793;

// As it would be after a way through a file.
mesh through_stl(const mesh& model)
{
    auto read = read_stl(binary_stl(model));
    REQUIRE(read.has_value());
    weld_equal(*read);
    return *std::move(read);
}

} // namespace

TEST_CASE("repair leaves good meshes as they are, to the last bit", "[repair]")
{
    for (const auto& [name, shape] : shapes::many()) {
        if (name == "turned sphere") continue;
        INFO(name);
        auto model = through_stl(shape);
        const auto before = model;
        const auto report = repair(model);
        CHECK_FALSE(report.changed);
        CHECK(report.open_edges == 0);
        CHECK((model.points == before.points)); // not shown: long
        CHECK((model.triangles == before.triangles));
    }
}

TEST_CASE("repair closes every kind of damage, on twenty shapes with ten seeds each", "[repair]")
{
    const std::array<shapes::damage, 5> kinds{
        {{.flipped = 100},
         {.missing = 30},
         {.moved = 30},
         {.doubled = 20, .degenerate = 20, .flaps = 10},
         {.flipped = 100, .missing = 10, .moved = 20, .doubled = 5, .degenerate = 5, .flaps = 5}}};
    std::size_t asked = 0;
    for (const auto& [name, shape] : shapes::many())
        for (std::uint32_t seed = 1; seed <= 10; ++seed) {
            const auto& kind = kinds.at(seed % kinds.size());
            auto model = shapes::damaged(shape, kind, seed);
            if (model.triangles.empty()) continue;
            INFO(name << ", seed " << seed);
            const auto report = repair(model);
            INFO("open " << report.open_edges << ", crowded " << report.crowded_edges);
            const auto again = through_stl(model);
            const auto found = analyse(again);
            CHECK(found.open_edges == 0);
            CHECK(found.many_edges == 0);
            CHECK(found.flipped_edges == 0);
            CHECK(found.duplicates == 0);
            CHECK(found.inverted == 0);
            if (const auto open = asked_admesh(model).open_edges; open >= 0) {
                ++asked;
                CHECK(open == 0);
            }
        }
    if (asked == 0) WARN("admesh is not installed: not asked");
}

TEST_CASE("a repaired sphere has nearly the volume of the whole one", "[repair]")
{
    auto model = shapes::damaged(
        shapes::sphere(25, 5), {.flipped = 100, .missing = 5, .moved = 20, .doubled = 2, .degenerate = 1}, 7);
    const auto report = repair(model);
    CHECK(report.changed);
    CHECK(report.triangles_turned > 0);
    CHECK(report.holes_filled > 0);
    const auto found = analyse(model);
    CHECK(found.watertight());
    CHECK(found.volume_mm3 == Approx(4.0 / 3 * pi * 25 * 25 * 25).epsilon(0.005));
}

TEST_CASE("a large flat hole is closed flat", "[repair]")
{
    // The top of a torus-like ring cut open: all triangles above the middle go.
    auto model = shapes::sphere(25, 5);
    std::erase_if(model.triangles, [&](const triangle& one) {
        return model.points[one[0]].z > 5 || model.points[one[1]].z > 5 || model.points[one[2]].z > 5;
    });
    weld_equal(model);
    const auto report = repair(model);
    CHECK(report.holes_filled == 1);
    CHECK(report.open_edges == 0);
    const auto found = analyse(model);
    CHECK(found.watertight());
    // Of the ball up to about z = 5: the rim is a little ragged.
    const double height = 30;
    CHECK(found.volume_mm3 == Approx(pi * height * height * (75 - height) / 3).epsilon(0.05));
}

TEST_CASE("solids that touch along an edge are taken apart, and keep their volume", "[repair]")
{
    auto other = shapes::box(10, 10, 10);
    for (auto& at : other.points)
        at = {at.x + 10, at.y + 10, at.z};
    auto model = shapes::together(shapes::box(10, 10, 10), other);
    weld_equal(model);
    CHECK(analyse(model).many_edges == 1);
    const auto report = repair(model);
    CHECK(report.points_split == 2);
    CHECK(report.holes_filled == 0);
    const auto found = analyse(through_stl(model));
    CHECK(found.watertight());
    CHECK(found.shells == 2);
    CHECK(found.volume_mm3 == Approx(2000).epsilon(0.001));
}

TEST_CASE("noise goes when it is asked for, and stays when not", "[repair]")
{
    const auto both = shapes::together(shapes::sphere(25, 4), shapes::sphere(0.1F, 2, {100, 0, 0}));
    auto kept = both, dropped = both;
    CHECK_FALSE(repair(kept).changed);
    repair_options options;
    options.drop_noise_shells = true;
    CHECK(repair(dropped, options).noise_shells_removed == 1);
    CHECK(analyse(dropped).shells == 1);
}

TEST_CASE("what is beyond repair ends, and says what is left", "[repair]")
{
    // A single triangle, a band with a twist, nothing at all.
    mesh single;
    single.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
    single.triangles = {{0, 1, 2}};
    const auto report = repair(single);
    CHECK(report.open_edges + report.crowded_edges ==
          analyse(single).open_edges + analyse(single).many_edges);
    mesh band;
    for (int i = 0; i < 5; ++i) {
        band.points.push_back({static_cast<float>(std::cos(i)), static_cast<float>(std::sin(i)), 0});
        band.triangles.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>((i + 1) % 5),
                                  static_cast<std::uint32_t>((i + 2) % 5)});
    }
    (void)repair(band);
    mesh none;
    CHECK_FALSE(repair(none).changed);
}

TEST_CASE("a model is scaled to a size, uniformly or along one axis", "[scale]")
{
    auto model = shapes::box(10, 20, 30);
    CHECK(*scale_to_size(model, 1, 5, true) == Approx(0.25));
    CHECK((model.points.back() == point{2.5F, 5, 7.5F}));
    CHECK(*scale_to_size(model, 2, 30, false) == Approx(4));
    CHECK((model.points.back() == point{2.5F, 5, 30}));
    CHECK(scale_to_size(model, 0, 1e9, true).error().code == model_errc::scale_out_of_range);
    CHECK((model.points.back() == point{2.5F, 5, 30}));
    for (auto& at : model.points)
        at.z = 0;
    CHECK(scale_to_size(model, 2, 10, true).error().code == model_errc::scale_out_of_range);
}

TEST_CASE("triangles that are turned over leave the links as if they were made anew", "[repair]")
{
    for (const auto& [name, shape] : shapes::many()) {
        INFO(name);
        auto model = shapes::damaged(shape, {.flipped = 100, .missing = 20, .flaps = 10}, 3);
        auto links = link_edges(model);
        std::vector<std::uint32_t> some;
        for (std::uint32_t t = 0; t < model.triangles.size(); t += 1 + t % 3)
            some.push_back(t);
        turn_over(model, links, some);
        const auto anew = link_edges(model);
        CHECK(links.other == anew.other);
        CHECK(links.shell == anew.shell);
        CHECK(links.flipped_edges == anew.flipped_edges);
        CHECK(links.open_edges == anew.open_edges);
    }
}
