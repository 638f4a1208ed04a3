// Hollowing: walls of the asked thickness on closed forms, the outside untouched, and what cannot be
// hollowed.
#include "tests/workshop/admesh.hpp"
#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/hollow.hpp"
#include "workshop/models/repair.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

using namespace layerline::workshop;

namespace {

constexpr double pi = 3.141592653589793;

hollow_report hollowed(mesh& model, double wall)
{
    const auto before = model;
    hollow_options options;
    options.wall = wall;
    const auto report = hollow(model, options);
    REQUIRE(report.has_value());
    // The outside, to the last bit.
    CHECK(std::equal(before.points.begin(), before.points.end(), model.points.begin()));
    CHECK(std::equal(before.triangles.begin(), before.triangles.end(), model.triangles.begin()));
    const auto found = analyse(model);
    CHECK(found.printable());
    CHECK(found.inverted == 0); // the cavity's surface looks inward
    const auto said = asked_admesh(model);
    if (said.open_edges < 0) WARN("admesh is not installed: not asked");
    CHECK(said.open_edges <= 0);
    return *report;
}

// Least and largest distance of the points behind the first `outer` from the surface, by its closed form.
void check_wall(const mesh& model, std::size_t outer, double wall, double voxel,
                const std::function<double(const point&)>& depth)
{
    double least = 1e9, most = 0;
    for (auto at = model.points.begin() + static_cast<std::ptrdiff_t>(outer); at != model.points.end();
         ++at) {
        least = std::min(least, depth(*at));
        most = std::max(most, depth(*at));
    }
    const auto tolerance = std::max(0.05 * wall, voxel);
    CHECK(least > wall - tolerance);
    CHECK(most < wall + tolerance);
    CHECK(least > 0.95 * wall);
}

mesh sheet()
{
    auto open = shapes::box(10, 10, 10);
    open.triangles.pop_back();
    return open;
}

} // namespace

TEST_CASE("a hollowed sphere, box and torus have walls of the asked thickness", "[hollow]")
{
    auto ball = shapes::sphere(25, 5, {100, -50, 7});
    auto outer = ball.points.size();
    auto said = hollowed(ball, 2);
    CHECK(said.cavities == 1);
    CHECK(said.removed_mm3 == Approx(4.0 / 3 * pi * 23 * 23 * 23).epsilon(0.01));
    check_wall(ball, outer, 2, said.voxel, [](const point& at) {
        const vector3 from{at.x - 100.0, at.y + 50.0, at.z - 7.0};
        return 25 - std::sqrt(dot(from, from));
    });

    auto block = shapes::box(40, 50, 60);
    outer = block.points.size();
    said = hollowed(block, 3);
    CHECK(said.removed_mm3 == Approx(34.0 * 44 * 54).epsilon(0.01));
    check_wall(block, outer, 3, said.voxel, [](const point& at) {
        return std::min({at.x, at.y, at.z, 40 - at.x, 50 - at.y, 60 - at.z});
    });

    auto ring = shapes::torus(30, 10, 160);
    outer = ring.points.size();
    said = hollowed(ring, 2);
    CHECK(said.removed_mm3 == Approx(2 * pi * pi * 30 * 64).epsilon(0.015));
    check_wall(ring, outer, 2, said.voxel, [](const point& at) {
        const auto out = std::hypot(at.x, at.y) - 30;
        return 10 - std::hypot(out, at.z);
    });
}

TEST_CASE("a cavity that is there keeps its wall, and parts get a cavity each", "[hollow]")
{
    auto shell = shapes::together(shapes::sphere(30, 5), shapes::turned(shapes::sphere(15, 4)));
    auto said = hollowed(shell, 2);
    CHECK(said.cavities == 2); // between the walls: its outer and its inner surface
    CHECK(said.removed_mm3 == Approx(4.0 / 3 * pi * (28 * 28 * 28 - 17 * 17 * 17)).epsilon(0.02));
    auto two = shapes::together(shapes::sphere(10, 4), shapes::sphere(8, 4, {30, 0, 0}));
    said = hollowed(two, 1);
    CHECK(said.cavities == 2);
}

namespace {

// As closed and as much one part as an independent program sees it.
mesh drained(mesh model, double wall, const std::vector<drain_hole>& holes, double& removed)
{
    hollow_options options;
    options.wall = wall;
    options.drains = holes;
    const auto before = analyse(model).volume_mm3;
    const auto report = hollow(model, options);
    INFO((report.has_error() ? text_of(report.error()) : std::string()));
    REQUIRE(report.has_value());
    removed = report->removed_mm3;
    const auto found = analyse(model);
    CHECK(found.printable());
    CHECK(found.inverted == 0);
    CHECK(before - found.volume_mm3 == Approx(removed).epsilon(1e-6));
    const auto said = asked_admesh(model);
    if (said.open_edges < 0) WARN("admesh is not installed: not asked");
    CHECK(said.open_edges <= 0);
    if (said.open_edges == 0) {
        CHECK(said.parts == static_cast<long>(found.shells));
        if (said.parts == 1) {
            CHECK(said.volume == Approx(found.volume_mm3).epsilon(1e-3));
            CHECK(said.turned == 0);
        }
    }
    return model;
}

model_failure no_hole(mesh model, double wall, const std::vector<drain_hole>& holes)
{
    const auto before = model;
    hollow_options options;
    options.wall = wall;
    options.drains = holes;
    const auto report = hollow(model, options);
    REQUIRE(report.has_error());
    CHECK((model.points == before.points));
    CHECK((model.triangles == before.triangles));
    UNSCOPED_INFO(text_of(report.error()));
    return report.error();
}

double hole_volume(double diameter, double length)
{
    return pi * diameter * diameter / 4 * length;
}

} // namespace

TEST_CASE("a drain hole joins the cavity and the outside, and takes out as much as its cylinder", "[hollow]")
{
    const auto block = shapes::box(40, 50, 60);
    double closed = 0, open = 0;
    const auto shut = drained(block, 3, {}, closed);
    CHECK(analyse(shut).shells == 2);
    const auto one = drained(block, 3, {{{20, 25, 0}, 6}}, open);
    CHECK(analyse(one).shells == 1); // outside and inside are one surface now
    CHECK(open - closed == Approx(hole_volume(6, 3)).epsilon(0.02));
    // Two, one of them into a side, a little above the surface.
    const auto two = drained(block, 3, {{{20, 25, 0}, 6}, {{40.4F, 20, 30}, 4}}, open);
    CHECK(analyse(two).shells == 1);
    CHECK(open - closed == Approx(hole_volume(6, 3) + hole_volume(4, 3)).epsilon(0.02));
    // The corners of the box are where they were.
    for (const auto& corner : block.points)
        CHECK(std::find(two.points.begin(), two.points.end(), corner) != two.points.end());
}

TEST_CASE("drain holes of many sizes go into round models, and through their tessellation", "[hollow]")
{
    for (const int rounds : {2, 5}) {
        const auto ball = shapes::sphere(25, rounds, {100, -50, 7});
        double closed = 0, open = 0;
        (void)drained(ball, 2, {}, closed);
        for (const double diameter : {0.5, 8.0}) {
            INFO(rounds << ' ' << diameter);
            const auto made = drained(ball, 2, {{{100, -50, 32}, diameter}}, open);
            CHECK(analyse(made).shells == 1);
            if (rounds == 5) // the wall is curved: its depth differs by under a hundredth
                CHECK(open - closed == Approx(hole_volume(diameter, 2)).epsilon(0.05));
        }
    }
    double removed = 0;
    const auto ring = drained(shapes::torus(30, 10, 160), 2, {{{40, 0, 0}, 5}, {{-30, 0, -10}, 3}}, removed);
    CHECK(analyse(ring).shells == 1);
}

TEST_CASE("two cavities with a drain hole each are two surfaces of one shell or more, and every hole counts",
          "[hollow]")
{
    double removed = 0;
    const auto two = shapes::together(shapes::sphere(10, 4), shapes::sphere(8, 4, {30, 0, 0}));
    CHECK(analyse(drained(two, 1, {{{0, 0, -10}, 2}}, removed)).shells == 3);
    CHECK(analyse(drained(two, 1, {{{0, 0, -10}, 2}, {{30, 0, -8}, 2}}, removed)).shells == 2);
}

TEST_CASE("a drain hole that cannot be there is refused with its number, and the model stays", "[hollow]")
{
    const auto block = shapes::box(40, 50, 60);
    const auto refused = [&](const std::vector<drain_hole>& holes) {
        const auto why = no_hole(block, 3, holes);
        CHECK(why.code == model_errc::drain_hole_place);
        return why.detail;
    };
    CHECK(refused({{{20, 25, 20}, 3}}).find("Drain hole 1: it is") == 0);
    CHECK(refused({{{20, 25, 0}, 3}, {{20, 25, -5}, 3}}).find("Drain hole 2: it is") == 0);
    // Over the edge; beside it, where only the wall is behind; two in one another; wider than the cavity.
    CHECK(refused({{{0.5F, 25, 0}, 4}}).find("Drain hole 1:") == 0);
    CHECK(refused({{{1.5F, 25, 0}, 1}}).find("no cavity") != std::string::npos);
    CHECK(refused({{{20, 25, 0}, 6}, {{22, 25, 0}, 6}}).find("Drain hole 2:") == 0);
    CHECK(refused({{{20, 25, 0}, 39}}).find("Drain hole 1:") == 0);
    // At the surface of a cavity that was there before.
    const auto shell = shapes::together(shapes::sphere(30, 4), shapes::turned(shapes::sphere(15, 4)));
    CHECK(no_hole(shell, 2, {{{0, 0, 15}, 3}}).detail.find("not outside") != std::string::npos);
}

TEST_CASE("drain holes anywhere on many shapes give one closed surface, or a code says why not", "[hollow]")
{
    const bool all = std::getenv("LAYERLINE_FULL_MATRIX") != nullptr; // NOLINT(concurrency-mt-unsafe)
    std::size_t done = 0, tried = 0;
    std::size_t at = 0;
    for (const auto& [name, shape] : shapes::many()) {
        if (!all && at++ % 3 != 0) continue;
        hollow_options options;
        options.wall = 2;
        auto shut = shape;
        if (hollow(shut, options).has_error()) continue; // thinner than two walls
        const auto shells = analyse(shut).shells;
        for (std::size_t i = 0; i < (all ? 40U : 2U); ++i) {
            const auto& corners = shape.triangles[(i * 7919 + 13) % shape.triangles.size()];
            point middle;
            for (const auto corner : corners) {
                middle.x += shape.points[corner].x / 3;
                middle.y += shape.points[corner].y / 3;
                middle.z += shape.points[corner].z / 3;
            }
            const double diameter = 0.5 + static_cast<double>(i % 5);
            INFO(name << ", " << middle.x << ' ' << middle.y << ' ' << middle.z << ", " << diameter);
            options.drains = {{middle, diameter}};
            auto model = shape;
            const auto report = hollow(model, options);
            ++tried;
            if (report.has_error()) {
                INFO(text_of(report.error()));
                CHECK(report.error().code == model_errc::drain_hole_place);
                continue;
            }
            ++done;
            const auto found = analyse(model);
            CHECK(found.watertight());
            CHECK(found.flipped_edges == 0);
            CHECK(found.shells + 1 == shells);
        }
    }
    CHECK(done * 2 > tried); // at the others there is no room
}

TEST_CASE("what cannot be hollowed says why", "[hollow]")
{
    hollow_options options;
    options.wall = 2;
    auto open = sheet();
    const auto not_closed = hollow(open, options);
    REQUIRE(not_closed.has_error());
    CHECK(not_closed.error().code == model_errc::not_a_model);
    CHECK(not_closed.error().detail.find("Repair it first") != std::string::npos);
    auto thin = shapes::box(100, 100, 3);
    const auto nothing_left = hollow(thin, options);
    REQUIRE(nothing_left.has_error());
    CHECK(nothing_left.error().code == model_errc::hollow_wall);
    CHECK(nothing_left.error().detail ==
          "Nothing is left to take out: no part of the model is thicker than two "
          "walls of 2.0 mm.");
    CHECK(thin.triangles.size() == 12); // as it was
    auto inside_out = shapes::turned(shapes::box(40, 40, 40));
    CHECK(hollow(inside_out, options).error().code == model_errc::hollow_wall);
    options.wall = 1;
    auto huge = shapes::box(2000, 2000, 2000);
    const auto too_large = hollow(huge, options);
    REQUIRE(too_large.has_error());
    CHECK(too_large.error().code == model_errc::not_convertible);
    CHECK(too_large.error().detail.find("walls of") != std::string::npos);
}

namespace {

// Each seed with every `each`th shape.
void hollow_damaged(std::uint32_t from_seed, std::uint32_t to_seed, std::uint32_t each)
{
    std::size_t done = 0, tried = 0;
    std::uint32_t at = 0;
    for (const auto& [name, shape] : shapes::many())
        for (auto seed = from_seed; seed <= to_seed; ++seed) {
            if (at++ % each != 0) continue;
            const shapes::damage all{
                .flipped = 100, .missing = 10, .moved = 20, .doubled = 5, .degenerate = 5, .flaps = 5};
            auto model = shapes::damaged(shape, all, seed);
            if (model.triangles.empty()) continue;
            INFO(name << ", seed " << seed);
            hollow_options options;
            options.wall = 6;
            auto broken = model;
            if (const auto at_once = hollow(broken, options); at_once.has_error())
                CHECK((at_once.error().code == model_errc::not_a_model ||
                       at_once.error().code == model_errc::hollow_wall));
            (void)repair(model);
            ++tried;
            const auto report = hollow(model, options);
            if (report.has_error()) {
                CHECK(report.error().code == model_errc::hollow_wall);
                continue;
            }
            ++done;
            const auto found = analyse(model);
            CHECK(found.watertight());
            CHECK(found.flipped_edges == 0);
        }
    CHECK(done * 3 > tried); // the others are nowhere thicker than two walls
}

} // namespace

TEST_CASE("damaged shapes are hollowed after repair, or a code says why not", "[hollow]")
{
    const bool all = std::getenv("LAYERLINE_FULL_MATRIX") != nullptr; // NOLINT(concurrency-mt-unsafe)
    hollow_damaged(1, all ? 10 : 1, all ? 1 : 3);
}
