// Wall thickness on shells of known wall, and where there is nothing thin.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/ply.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/wall_thickness.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

using namespace layerline::workshop;

namespace {

mesh shell(float radius, float wall)
{
    return shapes::together(shapes::sphere(radius, 5), shapes::turned(shapes::sphere(radius - wall, 5)));
}

thickness_report measured(mesh model, double least, int accuracy)
{
    thickness_options options;
    options.least = least;
    options.accuracy = accuracy;
    const auto report = measure_walls(model, options);
    REQUIRE(report.has_value());
    return *report;
}

} // namespace

TEST_CASE("a shell is thin everywhere below its wall, and nowhere above, at each level", "[thickness]")
{
    for (const int accuracy : {1, 2, 3}) {
        INFO("level " << accuracy);
        const auto thin = measured(shell(20, 1.5F), 2, accuracy);
        CHECK(thin.has_thin());
        CHECK(thin.triangles[static_cast<std::size_t>(wall_mark::thin)] == thin.marks.size());
        REQUIRE(thin.thinnest.has_value());
        CHECK(*thin.thinnest == Approx(1.5).epsilon(0.02));
        CHECK(std::sqrt(thin.thinnest_at.x * thin.thinnest_at.x + thin.thinnest_at.y * thin.thinnest_at.y +
                        thin.thinnest_at.z * thin.thinnest_at.z) == Approx(19.2).epsilon(0.05));
        const auto thick = measured(shell(20, 1.5F), 1.3, accuracy);
        CHECK_FALSE(thick.has_thin());
        CHECK_FALSE(thick.has_possibly_thin());
        const auto ball = measured(shapes::sphere(20, 4), 20, accuracy);
        CHECK_FALSE(ball.has_thin());
        CHECK_FALSE(ball.has_possibly_thin());
    }
}

TEST_CASE("a box's edges are not thin, a plate is, and only where it is", "[thickness]")
{
    for (const int accuracy : {1, 2, 3}) {
        INFO("level " << accuracy);
        const auto block = measured(shapes::box(40, 30, 20), 15, accuracy);
        CHECK_FALSE(block.has_thin());
        CHECK_FALSE(block.has_possibly_thin());
        CHECK(*block.thinnest == Approx(20).epsilon(0.001));
        const auto plate = measured(shapes::box(40, 30, 0.8F), 1, accuracy);
        CHECK(*plate.thinnest == Approx(0.8).epsilon(0.001));
        // Both large sides, and nothing of the narrow ones.
        CHECK(plate.area_of(wall_mark::thin) == Approx(2 * 40 * 30).epsilon(0.01));
    }
    // A wedge of 20 degrees: thin towards its edge.
    auto wedge = shapes::box(50, 20, 20);
    for (auto& at : wedge.points)
        if (at.x > 0 && at.z > 0) at.z = 0.05F;
    const auto found = measured(wedge, 2, 2);
    CHECK(found.has_thin());
    CHECK(found.area_of(wall_mark::thin) < 0.25 * 2 * 50 * 20);
    // One of 60 degrees may be.
    auto roof = shapes::box(20, 40, 17.3F);
    for (auto& at : roof.points)
        if (at.z > 0) at.x = 10 + (at.x > 0 ? 0.01F : -0.01F);
    const auto sharp = measured(roof, 2, 3);
    CHECK(sharp.has_possibly_thin());
    CHECK(sharp.area_of(wall_mark::thin) < 0.02 * 2000);
}

TEST_CASE("walls go on through parts that overlap, and an open place is unknown", "[thickness]")
{
    auto two = shapes::box(20, 20, 5);
    auto over = shapes::box(20, 20, 5);
    for (auto& at : over.points)
        at = {at.x + 0.013F, at.y + 0.017F, at.z + 4.5F};
    const auto joined = measured(shapes::together(two, over), 5.2, 1);
    // 9.5 mm high together; only the narrow rims that stand over have less below or above them.
    CHECK(joined.area_of(wall_mark::thin) < 20);
    CHECK(joined.area_of(wall_mark::thick) > 1500);
    auto open = shapes::box(20, 20, 20);
    open.triangles.erase(open.triangles.begin(), open.triangles.begin() + 2); // its floor
    const auto found = measured(open, 1, 1);
    CHECK_FALSE(found.has_thin());
    CHECK(found.has_possibly_thin());
    CHECK(found.area_of(wall_mark::unknown) == Approx(400).epsilon(0.05));
}

TEST_CASE("a model over 500 mm is 302", "[thickness]")
{
    thickness_options options;
    auto longest = shapes::box(500, 10, 10), longer = shapes::box(10, 500.1F, 10);
    CHECK(measure_walls(longest, options).has_value());
    CHECK(measure_walls(longer, options).error().code == model_errc::model_too_big);
    CHECK(measure_walls(longer, options).error().detail.find("501 mm") != std::string::npos);
}

TEST_CASE("the coloured files hold the same closed surface, and the colours", "[thickness]")
{
    auto plate = shapes::box(40, 30, 0.8F);
    thickness_options options;
    const auto report = measure_walls(plate, options);
    REQUIRE(report.has_value());
    CHECK(analyse(plate).printable()); // splitting its edges leaves it closed
    CHECK(analyse(plate).volume_mm3 == Approx(40 * 30 * 0.8));
    const auto bytes = marked_stl(plate, report->marks);
    auto read = read_stl(bytes);
    REQUIRE(read.has_value());
    weld_equal(*read);
    CHECK(read->triangles.size() == plate.triangles.size());
    CHECK(analyse(*read).watertight());
    std::size_t red = 0;
    for (std::size_t t = 0; t < plate.triangles.size(); ++t) {
        std::uint16_t word = 0;
        std::memcpy(&word, bytes.data() + 84 + 50 * t + 48, sizeof word);
        red += word == (0x8000U | 28U << 10U) ? 1 : 0;
    }
    CHECK(red == report->triangles[static_cast<std::size_t>(wall_mark::thin)]);
    const auto ply = marked_ply(plate, report->marks);
    const auto again = read_ply(ply);
    REQUIRE(again.has_value());
    CHECK(again->triangles == plate.triangles);
    CHECK(again->points == plate.points);
}
