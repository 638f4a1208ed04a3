// The analysis beside what is known of closed forms, and of each kind of damage.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/analysis_json.hpp"
#include "workshop/models/units.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

using namespace layerline::workshop;

namespace {

constexpr double pi = 3.141592653589793;

mesh without(mesh model, std::size_t triangle)
{
    model.triangles.erase(model.triangles.begin() + static_cast<std::ptrdiff_t>(triangle));
    return model;
}

} // namespace

TEST_CASE("a box, a sphere and a torus have the figures of their closed forms")
{
    const auto box = analyse(shapes::box(10, 20, 30));
    CHECK(box.volume_mm3 == Approx(6000));
    CHECK(box.surface_area_mm2 == Approx(2200));
    CHECK(box.most.z - box.least.z == Approx(30));
    CHECK(box.vertices == 8);
    CHECK(box.watertight());
    CHECK(box.printable());

    const auto sphere = analyse(shapes::sphere(25, 5, {100, -50, 7}));
    CHECK(sphere.volume_mm3 == Approx(4.0 / 3 * pi * 25 * 25 * 25).epsilon(0.002));
    CHECK(sphere.surface_area_mm2 == Approx(4 * pi * 25 * 25).epsilon(0.002));
    CHECK(sphere.printable());

    const auto torus = analyse(shapes::torus(30, 10, 128));
    CHECK(torus.volume_mm3 == Approx(2 * pi * pi * 30 * 100).epsilon(0.002));
    CHECK(torus.shells == 1);
    CHECK(torus.printable());
}

TEST_CASE("a missing triangle is a hole with three open edges, flat; the volume is not told")
{
    const auto found = analyse(without(shapes::sphere(25, 3), 100));
    CHECK(found.open_edges == 3);
    CHECK(found.contours == 1);
    CHECK(found.planar_holes == 1);
    CHECK_FALSE(found.watertight());
    CHECK_FALSE(found.printable());
    CHECK(to_json(found)["volumeMm3"].is_null());
    CHECK(to_json(found)["badContours"] == 1);
}

TEST_CASE("two holes that meet in a point are two contours, and a bent one is not flat")
{
    auto model = shapes::box(10, 10, 10);
    model.triangles.erase(model.triangles.begin() + 10); // of two faces, with the edge between them
    model.triangles.erase(model.triangles.begin() + 1);
    CHECK(analyse(model).contours == 1);
    CHECK(analyse(model).planar_holes == 0);

    auto fan = shapes::sphere(10, 1);
    const auto corner = fan.triangles[0][0];
    std::vector<std::size_t> at_corner;
    for (std::size_t t = 0; t < fan.triangles.size(); ++t)
        for (const auto c : fan.triangles[t])
            if (c == corner) at_corner.push_back(t);
    REQUIRE(at_corner.size() >= 4);
    const auto shares_edge = [&](std::size_t a, std::size_t b) {
        int same = 0;
        for (const auto p : fan.triangles[a])
            for (const auto q : fan.triangles[b])
                same += p == q ? 1 : 0;
        return same > 1;
    };
    const auto across = std::find_if(at_corner.begin() + 1, at_corner.end(),
                                     [&](std::size_t t) { return !shares_edge(at_corner[0], t); });
    REQUIRE(across != at_corner.end());
    const auto second = *across, first = at_corner[0];
    const auto found = analyse(without(without(fan, std::max(first, second)), std::min(first, second)));
    CHECK(found.open_edges == 6);
    CHECK(found.contours == 2);
}

TEST_CASE("turned-over triangles are counted, however the whole stands")
{
    auto model = shapes::sphere(25, 3);
    for (const std::size_t t : {3U, 77U, 500U})
        std::swap(model.triangles[t][1], model.triangles[t][2]);
    const auto found = analyse(model);
    CHECK(found.inverted == 3);
    CHECK(found.flipped_edges == 9);
    CHECK(analyse(shapes::turned(shapes::box(1, 2, 3))).inverted == 12);
    CHECK(analyse(shapes::turned(shapes::box(1, 2, 3))).volume_mm3 == Approx(-6));
}

TEST_CASE("the surface of a cavity looks inward, that of a part in the cavity outward again")
{
    const auto outer = shapes::sphere(30, 3), middle = shapes::sphere(20, 3), inner = shapes::sphere(10, 3);
    const auto hollow = shapes::together(outer, shapes::turned(middle));
    CHECK(analyse(hollow).inverted == 0);
    CHECK(analyse(hollow).shells == 2);
    CHECK(analyse(shapes::together(outer, middle)).inverted == middle.triangles.size());
    CHECK(analyse(shapes::together(hollow, inner)).inverted == 0);
    CHECK(analyse(shapes::together(outer, shapes::sphere(10, 3, {100, 0, 0}))).inverted == 0); // side by side
}

TEST_CASE("duplicates, triangles without area, crowded edges and noise are each counted")
{
    auto model = shapes::box(10, 10, 10);
    model.triangles.push_back(model.triangles[4]);
    auto found = analyse(model);
    CHECK(found.duplicates == 1);
    CHECK(found.many_edges == 3);

    model = shapes::box(10, 10, 10);
    model.triangles.push_back({0, 1, 1});
    found = analyse(model);
    CHECK(found.degenerate == 1);
    CHECK_FALSE(found.printable());

    found = analyse(shapes::together(shapes::sphere(50, 4, {200, 0, 0}), shapes::box(0.1F, 0.1F, 0.1F)));
    CHECK(found.noise_shells == 1);
    CHECK(found.printable());
}

TEST_CASE("a mesh without triangles is told, not measured")
{
    const auto found = analyse({});
    CHECK_FALSE(found.printable());
    CHECK_FALSE(found.watertight());
}

TEST_CASE("welding joins equal places, minus zero among them, and drops points without a triangle")
{
    mesh model;
    model.points = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {9, 9, 9}, {-0.0F, 0, 0}, {1, 0, 0}, {0, 1, 1}};
    model.triangles = {{0, 1, 2}, {4, 6, 5}};
    weld_equal(model);
    CHECK(model.points.size() == 4);
    CHECK(model.triangles[1] == triangle{0, 3, 1});
}

TEST_CASE("welding within a tolerance closes cracks and joins nothing farther")
{
    auto model = shapes::sphere(25, 3);
    mesh cracked; // each triangle with corners of its own, each a little off
    std::uint32_t seed = 1;
    const auto off = [&seed] {
        seed = seed * 1664525U + 1013904223U;
        return (static_cast<float>(seed >> 16U) / 65536 - 0.5F) * 0.002F;
    };
    for (const auto& one : model.triangles) {
        const auto first = static_cast<std::uint32_t>(cracked.points.size());
        for (const auto corner : one) {
            const auto& at = model.points[corner];
            cracked.points.push_back({at.x + off(), at.y + off(), at.z + off()});
        }
        cracked.triangles.push_back({first, first + 1, first + 2});
    }
    CHECK(weld_near(cracked, 0.00001F) == 0);
    CHECK(weld_near(cracked, 0.005F) == 3 * model.triangles.size() - model.points.size());
    CHECK(cracked.points.size() == model.points.size());
    CHECK(analyse(cracked).printable());
}

TEST_CASE("units are what the caller says, in any case; others are 200")
{
    auto model = shapes::box(1, 2, 3);
    REQUIRE(millimetres("Inch").has_value());
    REQUIRE(scale_to_millimetres(model, *millimetres("Inch")).has_value());
    CHECK(analyse(model).most.x == Approx(25.4));
    CHECK(millimetres("yard").error().code == model_errc::wrong_units);
    CHECK(millimetres("").error().code == model_errc::wrong_units);
    auto far = shapes::box(5000, 1, 1);
    CHECK(scale_to_millimetres(far, 304.8).error().code == model_errc::not_a_model);
}
