#include "tests/workshop/slice_samples.hpp"
#include "workshop/slicing/region_plan.hpp"
#include "workshop/slicing/slice_request.hpp"
#include "workshop/slicing/volume_layers.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace layerline::workshop;

namespace {

volume_wish plain_wish()
{
    volume_wish wish;
    wish.height = 10000;
    wish.layer_height = 200;
    wish.bottom_height = 250;
    wish.bottom_layers = 2;
    wish.top_layers = 3;
    return wish;
}

std::vector<planned_region> planned(const volume_wish& wish)
{
    auto plan = plan_regions(wish);
    if (plan.has_error()) FAIL(text_of(plan.error()));
    return plan->regions;
}

} // namespace

TEST_CASE("a volume is bottom, default layers and top", "[slice]")
{
    const auto regions = planned(plain_wish());
    REQUIRE(regions.size() == 3);
    CHECK(regions[0] == planned_region{region_kind::bottom, 0, 250, 2, 0});
    CHECK(regions[1] == planned_region{region_kind::plain, 500, 200, 44, 0}); // 9,400 is the top's
    CHECK(regions[2] == planned_region{region_kind::top, 9300, 200, 3, 0});
    CHECK(name_of(regions[0], 0) == "bottom");
    CHECK(name_of(regions[1], 0) == "default");
    CHECK(name_of(regions[2], 0) == "top");
}

TEST_CASE("a region has as many whole layers as fit, and what is left of it belongs to the default layers",
          "[slice]")
{
    auto wish = plain_wish();
    wish.bottom_height = 200;
    wish.regions = {{2000, 3000, 300, 4}};
    const auto regions = planned(wish);
    REQUIRE(regions.size() == 5);
    CHECK(regions[1].to() == 2000);
    CHECK(regions[2] == planned_region{region_kind::user, 2000, 300, 3, 4});
    CHECK(regions[3].from == 2900);
    CHECK(name_of(regions[2], 1) == "URV1R4");
}

TEST_CASE("a region without an end reaches to the next one, the last to the top", "[slice]")
{
    auto wish = plain_wish();
    wish.regions = {{6000, 0, 100, 1}, {2000, 0, 0, 0}};
    const auto regions = planned(wish);
    REQUIRE(regions.size() == 5);
    CHECK(regions[2].settings == 0);
    CHECK(regions[2].to() > 5800);
    CHECK(regions[2].to() <= 6000);
    CHECK(regions[3].settings == 1);
    CHECK(regions[3].to() == 9400);
    CHECK(regions[4].kind == region_kind::top);
}

TEST_CASE("a region wholly inside the bottom is 510, wholly inside the top 511", "[slice]")
{
    auto wish = plain_wish();
    wish.regions = {{100, 500, 0, 7}};
    const auto low = plan_regions(wish);
    REQUIRE(low.has_error());
    CHECK(low.error().code == slice_errc::region_in_bottom);
    CHECK(low.error().field == "regionSettings[7]");
    wish.regions = {{9400, 9800, 0, 0}};
    CHECK(plan_regions(wish).error().code == slice_errc::region_in_top);
}

TEST_CASE("a region that reaches into bottom or top is trimmed, and it is said", "[slice]")
{
    auto wish = plain_wish();
    wish.regions = {{100, 9900, 100, 0}};
    const auto plan = plan_regions(wish);
    REQUIRE(plan.has_value());
    REQUIRE(plan->regions.size() == 3);
    CHECK(plan->regions[1] == planned_region{region_kind::user, 500, 100, 89, 0});
    REQUIRE(plan->notes.size() == 1);
    CHECK(plan->notes[0].find("500 to 9400") != std::string::npos);
}

TEST_CASE("a region without a whole layer, and one above the model, are left out and told", "[slice]")
{
    auto wish = plain_wish();
    wish.regions = {{2000, 2100, 200, 0}, {20000, 21000, 0, 1}};
    const auto plan = plan_regions(wish);
    REQUIRE(plan.has_value());
    CHECK(plan->notes.size() == 2);
    for (const auto& region : plan->regions)
        CHECK(region.kind != region_kind::user);
}

TEST_CASE("where bottom and top meet, the bottom's layers stay", "[slice]")
{
    auto wish = plain_wish();
    wish.height = 700;
    const auto regions = planned(wish);
    REQUIRE(regions.size() == 2);
    CHECK(regions[0] == planned_region{region_kind::bottom, 0, 250, 2, 0});
    CHECK(regions[1] == planned_region{region_kind::top, 500, 200, 1, 0});
    wish.height = 300;
    CHECK(planned(wish).size() == 1);
    wish.height = 100;
    CHECK(plan_regions(wish).error().code == slice_errc::bad_value);
}

TEST_CASE("a plan of too many layers is refused", "[slice]")
{
    auto wish = plain_wish();
    wish.height = 1'000'000;
    wish.layer_height = 1;
    CHECK(plan_regions(wish).error().code == slice_errc::bad_value);
}

TEST_CASE("whatever is asked for, layers stand on each other and none is above the model", "[slice]")
{
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp)
    const auto any = [&](micron least, micron most) {
        return std::uniform_int_distribution<micron>(least, most)(random);
    };
    int planned_ones = 0;
    for (int round = 0; round < 5000; ++round) {
        volume_wish wish;
        wish.height = any(1, 50000);
        wish.layer_height = any(1, 400);
        wish.bottom_height = any(0, 400);
        wish.top_height = any(0, 400);
        wish.bottom_layers = static_cast<std::size_t>(any(0, 10));
        wish.top_layers = static_cast<std::size_t>(any(0, 10));
        micron at = 0;
        for (auto left = any(0, 4); left > 0; --left) {
            const micron from = at + any(0, 8000);
            at = from + any(1, 8000);
            wish.regions.push_back(
                {from, any(0, 5) == 0 ? 0 : at, any(0, 400), static_cast<std::size_t>(wish.regions.size())});
        }
        const auto plan = plan_regions(wish);
        if (plan.has_error()) continue;
        ++planned_ones;
        micron top = 0;
        for (const auto& region : plan->regions) {
            CHECK(region.from == top);
            CHECK(region.layers > 0);
            CHECK(region.layer_height > 0);
            top = region.to();
        }
        CHECK(top <= wish.height);
        CHECK(plan->regions.size() <= 3 + 2 * wish.regions.size() + 1);
    }
    CHECK(planned_ones > 2000);
}

TEST_CASE("a volume takes the regions of the set that its model names, up to the model's finish", "[slice]")
{
    auto data = layerline::tests::good_slice_data();
    data["model"] =
        nlohmann::json::array({{{"hash", "a"}}, {{"hash", "b"}, {"settings", 2}, {"finish", 8000}}});
    data["regionSettings"] = nlohmann::json::array(
        {{{"id", 1}, {"startHeight", 1000}}, {{"id", 2}, {"startHeight", 3000.4}, {"layerHeight", 100}}});
    const auto request = read_slice_request(layerline::tests::slice_text(data));
    REQUIRE(request.has_value());
    CHECK(wish_of_volume(request->data, 0, 20000).regions.empty());
    const auto second = wish_of_volume(request->data, 1, 20000);
    CHECK(second.height == 8000);
    CHECK(second.layer_height == 200);
    CHECK(second.bottom_height == 250);
    CHECK(second.bottom_layers == 2);
    CHECK(second.top_layers == 3);
    REQUIRE(second.regions.size() == 1);
    CHECK(second.regions[0].from == 3000);
    CHECK(second.regions[0].settings == 1);
}
