#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/weld.hpp"
#include "workshop/slicing/layer_svg.hpp"
#include "workshop/slicing/plane_slicer.hpp"
#include "workshop/slicing/printable_layers.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

using namespace layerline::workshop;

namespace {

std::vector<slice_outline> outlines(const mesh& model, const std::vector<double>& planes,
                                    const plane_options& options = {})
{
    std::vector<slice_outline> all;
    slice_at(model, planes, options, [&](std::size_t index, slice_outline one) {
        REQUIRE(index == all.size());
        all.push_back(std::move(one));
        return true;
    });
    return all;
}

// The middles of the layers between two heights.
std::vector<double> middles(double from, double to, double layer)
{
    std::vector<double> all;
    for (std::size_t at = 0; from + (static_cast<double>(at) + 0.5) * layer < to; ++at)
        all.push_back(from + (static_cast<double>(at) + 0.5) * layer);
    return all;
}

double stacked_volume(const mesh& model, double from, double to, double layer)
{
    double sum = 0;
    for (const auto& one : outlines(model, middles(from, to, layer)))
        sum += one.area_mm2() * layer;
    return sum;
}

} // namespace

TEST_CASE("slices of a box are its rectangle, and nothing above and below it")
{
    const auto made = outlines(shapes::box(10, 20, 5), {-1, 0.1, 2.5, 4.9, 5.5});
    REQUIRE(made.size() == 5);
    CHECK(made[0].contours.empty());
    CHECK(made[4].contours.empty());
    for (std::size_t at = 1; at < 4; ++at) {
        REQUIRE(made[at].contours.size() == 1);
        CHECK(made[at].contours[0].size() == 4);
        CHECK(made[at].area_mm2() == Approx(200));
        CHECK(made[at].gaps_closed == 0);
    }
}

TEST_CASE("areas times layers make up the volume within half a percent")
{
    for (const auto& [name, model] : shapes::many()) {
        auto welded = model;
        weld_equal(welded);
        const auto found = analyse(welded);
        // Parts that overlap are one here; what is inside out has to be turned over first.
        if (!found.watertight() || found.shells != 1 || found.volume_mm3 <= 0) continue;
        const double height = static_cast<double>(found.most.z) - found.least.z;
        INFO(name);
        CHECK(stacked_volume(welded, found.least.z, found.most.z, height / 400) ==
              Approx(found.volume_mm3).epsilon(0.005));
    }
}

TEST_CASE("a ring has an outer line and a hole")
{
    const auto made = outlines(shapes::torus(20, 5, 96), {0});
    REQUIRE(made[0].contours.size() == 2);
    const double whole = std::numbers::pi * (25 * 25 - 15 * 15);
    CHECK(made[0].area_mm2() == Approx(whole).epsilon(0.01));
}

TEST_CASE("a plane through points, edges and faces cuts each of them once")
{
    // An octahedron: its middle lies in the plane.
    mesh model;
    model.points = {{5, 0, 0}, {0, 5, 0}, {-5, 0, 0}, {0, -5, 0}, {0, 0, 5}, {0, 0, -5}};
    model.triangles = {{0, 1, 4}, {1, 2, 4}, {2, 3, 4}, {3, 0, 4},
                       {1, 0, 5}, {2, 1, 5}, {3, 2, 5}, {0, 3, 5}};
    const auto made = outlines(model, {-5, 0, 5});
    CHECK(made[0].contours.empty());
    REQUIRE(made[1].contours.size() == 1);
    CHECK(made[1].area_mm2() == Approx(50));
    CHECK(made[2].contours.empty());
    // A box's lower side lies in the plane: the plane belongs to what is above it, its upper side not.
    CHECK(outlines(shapes::box(10, 10, 10), {0})[0].contours.empty());
}

TEST_CASE("parts that overlap are one outline, cavities are holes")
{
    auto crossing = shapes::box(10, 10, 10);
    for (auto& at : crossing.points)
        at.x += 5;
    const auto both = shapes::together(shapes::box(10, 10, 10), crossing);
    CHECK(outlines(both, {5})[0].area_mm2() == Approx(150));
    const auto shell = shapes::together(shapes::sphere(10, 4), shapes::turned(shapes::sphere(8, 4)));
    const auto ring = outlines(shell, {0.01})[0];
    CHECK(ring.contours.size() == 2);
    CHECK(ring.area_mm2() == Approx(std::numbers::pi * (100 - 64)).epsilon(0.02));
}

TEST_CASE("a gap in the mesh is closed, and told; one that is too wide is left out, and told")
{
    auto model = shapes::sphere(10, 3);
    weld_equal(model);
    const auto whole = outlines(model, {3})[0];
    // Without every fiftieth triangle.
    std::vector<triangle> left;
    for (std::size_t at = 0; at < model.triangles.size(); ++at)
        if (at % 50 != 7) left.push_back(model.triangles[at]);
    model.triangles = left;
    std::size_t gaps = 0;
    for (const double plane : {-6.0, -3.0, 0.1, 3.0, 6.0}) {
        plane_options options;
        options.widest_gap_mm = 3;
        const auto made = outlines(model, {plane}, options)[0];
        CHECK(made.lines_left_out == 0);
        CHECK(made.contours.size() == 1);
        gaps += made.gaps_closed;
    }
    CHECK(gaps > 0);
    CHECK(outlines(model, {3})[0].area_mm2() == Approx(whole.area_mm2()).epsilon(0.05));
    // Half a box is no outline.
    auto half = shapes::box(50, 50, 50);
    half.triangles.resize(6);
    const auto none = outlines(half, {25})[0];
    CHECK(none.contours.empty());
    CHECK(none.lines_left_out > 0);
}

TEST_CASE("damaged meshes are sliced, whatever was done to them")
{
    for (const auto& [name, shape] : shapes::many())
        for (std::uint32_t seed = 1; seed <= 3; ++seed) {
            auto model = shapes::damaged(shape,
                                         {.flipped = 50,
                                          .missing = 10,
                                          .moved = 30,
                                          .doubled = 20,
                                          .degenerate = 20,
                                          .flaps = 10,
                                          .by = 0.05F},
                                         seed);
            weld_equal(model);
            const auto found = analyse(model);
            INFO(name << " seed " << seed);
            const double height = static_cast<double>(found.most.z) - found.least.z;
            std::size_t count = 0;
            for (const auto& one : outlines(model, middles(found.least.z, found.most.z, height / 20))) {
                ++count;
                for (const auto& loop : one.contours)
                    CHECK(loop.size() >= 3);
                CHECK(one.area_mm2() >= 0);
            }
            CHECK(count >= 20);
        }
}

TEST_CASE("one thread and many make the same outlines, in order, and an end can be asked for")
{
    const auto model = shapes::torus(20, 5, 48);
    const auto planes = middles(-5, 5, 0.05);
    plane_options one, many;
    one.threads = 1;
    many.threads = 4;
    const auto a = outlines(model, planes, one), b = outlines(model, planes, many);
    REQUIRE(a.size() == b.size());
    for (std::size_t at = 0; at < a.size(); ++at)
        CHECK(a[at].contours == b[at].contours);
    std::size_t seen = 0;
    slice_at(model, planes, many, [&](std::size_t, slice_outline) { return ++seen < 3; });
    CHECK(seen == 3);
}

TEST_CASE("a layer's drawing is one even-odd path in millimetres of the bed")
{
    const auto made = outlines(shapes::box(10, 20, 5), {2.5});
    const auto text = layer_svg(made[0], 200, 150.5, 2.5);
    CHECK(text.find("viewBox=\"0 0 200 150.5\"") != std::string::npos);
    CHECK(text.find("fill-rule=\"evenodd\"") != std::string::npos);
    CHECK(text.find("<title>z 2.5 mm</title>") != std::string::npos);
    CHECK(text.find("10 20") != std::string::npos);
    CHECK(text.find("Z\"/>") != std::string::npos);
    CHECK(layer_file_name(0) == "layer_00001.svg");
    CHECK(layer_file_name(123455) == "layer_123456.svg");
    slice_outline odd;
    odd.contours = {{{-15, 5}, {100'001, 0}, {0, 120'000}}};
    CHECK(layer_svg(odd, 1, 1, 0).find("M-0.0015 0.0005L10.0001 0L0 12Z") != std::string::npos);
}

TEST_CASE("the uppermost layer in which a line fits is found from the tip down", "[slicing]")
{
    const auto planned = [](micron height) {
        volume_wish wish;
        wish.height = height;
        wish.layer_height = 200;
        const auto plan = plan_regions(wish);
        REQUIRE(plan.has_value());
        return *plan;
    };
    const auto stands = [](mesh model, float up) {
        for (auto& at : model.points)
            at.z += up;
        return model;
    };
    auto box = shapes::box(10, 10, 10);
    const auto lowest =
        std::min_element(box.points.begin(), box.points.end(), [](const point& a, const point& b) {
            return a.z < b.z;
        })->z;
    box = stands(std::move(box), -lowest);
    CHECK(uppermost_wide_layer(box, planned(10'000), 0.4) == 50);
    CHECK(uppermost_wide_layer(box, planned(10'000), 9.0) == 0); // 10 mm is no fifth more than 9
    CHECK(uppermost_wide_layer(box, planned(10'000), 8.0) == 50);

    // A ball of radius 10: a disc of radius r = 0.24 fits where its section is as wide, up to 0.0029 mm below
    // the top.
    const auto ball = stands(shapes::sphere(10, 6), 10);
    CHECK(uppermost_wide_layer(ball, planned(20'000), 0.4) == 100);
    // Of lines of 8 mm: r = 4.8, so up to z = 10 + sqrt(100 - 23.04) = 18.77: the middle of layer 94 is
    // at 18.7.
    CHECK(uppermost_wide_layer(ball, planned(20'000), 8) == 94);
}
