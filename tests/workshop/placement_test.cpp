#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/slicing/placement.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <catch2/catch.hpp>

#include <numbers>

using namespace layerline::workshop;
using layerline::tests::good_slice_data;
using nlohmann::json;

namespace {

json checked(const json& data)
{
    auto read = read_slice_request(layerline::tests::slice_text(data));
    REQUIRE(read.has_value());
    return read->data;
}

json with_model(const json& fields)
{
    auto data = good_slice_data();
    data["model"][0].update(fields);
    return data;
}

box3 box_of(const json& data, const mesh& model)
{
    const auto made = placed(model, checked(data), 0);
    REQUIRE(made.has_value());
    return extent_of(*made);
}

slice_result<void> fit(const json& data, const mesh& model)
{
    const auto all = checked(data);
    auto made = placed(model, all, 0);
    REQUIRE(made.has_value());
    std::vector<mesh> meshes;
    meshes.push_back(*std::move(made));
    return check_fit(all, meshes);
}

} // namespace

TEST_CASE("a model stands in the middle of the bed, on the bed")
{
    const auto box = box_of(good_slice_data(), shapes::box(10, 20, 30));
    CHECK(box.least.x == Approx(95));
    CHECK(box.most.y == Approx(110));
    CHECK(box.least.z == 0);
    CHECK(box.most.z == Approx(30));
}

TEST_CASE("a model is scaled, then turned about x, y and z, then moved")
{
    const double quarter = std::numbers::pi / 2;
    auto box = box_of(with_model({{"scale", {{"x", 2}, {"y", 1}, {"z", 0.5}}}}), shapes::box(10, 20, 30));
    CHECK(box.most.x - box.least.x == Approx(20));
    CHECK(box.height() == Approx(15));
    // About x: what was y is height. About z then: what was x is depth.
    box = box_of(with_model({{"rotation", {{"x", quarter}, {"z", quarter}}}}), shapes::box(10, 20, 30));
    CHECK(box.height() == Approx(20));
    CHECK(box.most.y - box.least.y == Approx(10));
    CHECK(box.most.x - box.least.x == Approx(30));
    box =
        box_of(with_model({{"position", {{"x", 5000}, {"y", -7000}, {"z", 250}}}}), shapes::box(10, 10, 10));
    CHECK(box.least.x == Approx(100));
    CHECK(box.least.y == Approx(88));
    CHECK(box.least.z == Approx(0.25));
}

TEST_CASE("turning x before y is not turning y before x")
{
    const double quarter = std::numbers::pi / 2;
    mesh model = shapes::box(1, 2, 3);
    // A corner tells: x first turns (1,2,3) to (1,-3,2), then y to (2,-3,-1).
    const auto made = placed(model, checked(with_model({{"rotation", {{"x", quarter}, {"y", quarter}}}})), 0);
    REQUIRE(made.has_value());
    const auto box = extent_of(*made);
    CHECK(box.most.x - box.least.x == Approx(2));
    CHECK(box.most.y - box.least.y == Approx(3));
    CHECK(box.height() == Approx(1));
}

TEST_CASE("what is below the bed and above the finish is cut off")
{
    auto data = with_model({{"finish", 4000}});
    data["bottom"]["cutOff"] = 2000;
    const auto made = placed(shapes::sphere(10, 3), checked(data), 0);
    REQUIRE(made.has_value());
    const auto box = extent_of(*made);
    CHECK(box.least.z == 0);
    CHECK(box.most.z == Approx(4));
    for (const auto& one : made->triangles)
        for (const auto corner : one)
            CHECK(corner < made->points.size());
    // 2 mm up in a sphere of 10: a circle of 6 mm.
    CHECK(box.least.x < 100 - 6);
    const auto none = placed(shapes::box(1, 1, 1), checked(with_model({{"position", {{"z", -1000}}}})), 0);
    REQUIRE(none.has_error());
    CHECK(none.error().code == slice_errc::bad_value);
    CHECK(none.error().field == "model[0].position.z");
}

TEST_CASE("a model that is too large, or stands over the edge, is 602 with the log's -4")
{
    auto why = fit(good_slice_data(), shapes::box(201, 10, 10));
    REQUIRE(why.has_error());
    CHECK(why.error().code == slice_errc::does_not_fit);
    CHECK(internal_code_of(why.error()) == -4);
    auto data = good_slice_data();
    data["skirt"] = nullptr;
    data["raft"] = nullptr;
    CHECK(fit(data, shapes::box(200, 200, 200)).has_value());
    CHECK(fit(data, shapes::box(200, 200, 200.1F)).has_error());
    data["model"][0]["position"] = {{"x", 96000}};
    CHECK(fit(data, shapes::box(10, 10, 10)).has_error());
}

TEST_CASE("a skirt, a brim or a raft that stands over the edge is 602 with the log's -11")
{
    auto data = good_slice_data();
    data["raft"] = nullptr;
    data["skirt"] = nullptr;
    CHECK(fit(data, shapes::box(199, 10, 10)).has_value());
    data["skirt"] = json::object();
    auto why = fit(data, shapes::box(199, 10, 10));
    REQUIRE(why.has_error());
    CHECK(internal_code_of(why.error()) == -11);
    data["skirt"] = {{"lineCount", 0}};
    CHECK(fit(data, shapes::box(199, 10, 10)).has_value());
    data["brim"] = {{"lines", 3}};
    CHECK(internal_code_of(fit(data, shapes::box(199, 10, 10)).error()) == -11);
    data["brim"] = {{"lines", 1}};
    CHECK(fit(data, shapes::box(199, 10, 10)).has_value());
    data["raft"] = json::object();
    CHECK(internal_code_of(fit(data, shapes::box(199, 10, 10)).error()) == -11);
}

TEST_CASE("a failure without a code of its own for the log has the one that stands for it")
{
    CHECK(internal_code_of({slice_errc::model_not_found, {}, {}}) == -3);
    CHECK(internal_code_of({slice_errc::no_bucket_out, {}, {}}) == -6);
    CHECK(internal_code_of({slice_errc::not_moved, {}, {}}) == -2);
}
