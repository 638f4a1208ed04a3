#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/scale.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace layerline::workshop;

TEST_CASE("a factor scales the volume by its third power, along one axis by itself", "[scale]")
{
    auto model = shapes::box(1, 2, 3);
    REQUIRE(scale_by(model, 2.5, std::nullopt).has_value());
    CHECK(analyse(model).volume_mm3 == Approx(6 * 2.5 * 2.5 * 2.5));
    REQUIRE(scale_by(model, 0.5, 2).has_value());
    const auto found = analyse(model);
    CHECK(found.volume_mm3 == Approx(3 * 2.5 * 2.5 * 2.5));
    CHECK(found.most.x - found.least.x == Approx(2.5));
    CHECK(found.most.z - found.least.z == Approx(3.75));
    const auto before = model.points;
    CHECK(scale_by(model, 1e6, std::nullopt).error().code == model_errc::scale_out_of_range);
    CHECK(model.points == before);
}
