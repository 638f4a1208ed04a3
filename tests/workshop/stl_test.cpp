// STL files as they are found, whole and broken.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <limits>
#include <string>

using namespace layerline::workshop;

namespace {

model_failure failure_of(const std::string& bytes, const import_limits& limits = {})
{
    const auto read = read_stl(bytes, limits);
    REQUIRE(read.has_error());
    return read.error();
}

bool mentions(const model_failure& why, const std::string& words)
{
    INFO(why.detail);
    return why.detail.find(words) != std::string::npos;
}

constexpr const char* one_triangle =
    "solid part\r\n facet normal 0 0 1\r\n  OUTER loop\r\n   vertex 0 0 0\r\n   vertex 1.5e1 0 0\r\n"
    "   vertex 0 +2 -0\r\n  endloop\r\n endfacet\r\nendsolid part\r\n";

} // namespace

TEST_CASE("a model comes back as it was, by either form of STL")
{
    const auto box = shapes::box(10, 20, 30);
    for (const auto& bytes : {binary_stl(box), ascii_stl(box, "box")}) {
        auto read = read_stl(bytes);
        REQUIRE(read.has_value());
        REQUIRE(read->triangles.size() == 12);
        CHECK(read->points.size() == 36);
        weld_equal(*read);
        CHECK(read->points.size() == 8);
        for (std::size_t t = 0; t < 12; ++t)
            for (std::size_t corner = 0; corner < 3; ++corner)
                CHECK(read->points[read->triangles[t][corner]] == box.points[box.triangles[t][corner]]);
    }
}

TEST_CASE("a binary file that begins with \"solid\" is binary")
{
    auto bytes = binary_stl(shapes::box(1, 1, 1));
    std::memcpy(bytes.data(), "solid facet", 11);
    const auto read = read_stl(bytes);
    REQUIRE(read.has_value());
    CHECK(read->triangles.size() == 12);
}

TEST_CASE("ASCII in any case, with carriage returns, several solids, signs and exponents")
{
    const auto read = read_stl(std::string(one_triangle) + one_triangle);
    REQUIRE(read.has_value());
    REQUIRE(read->triangles.size() == 2);
    CHECK(read->points[1] == point{15, 0, 0});
    CHECK(read->points[2] == point{0, 2, 0});
}

TEST_CASE("bytes behind the last triangle are no reason to refuse, missing ones are")
{
    const auto bytes = binary_stl(shapes::box(1, 1, 1));
    CHECK(read_stl(bytes + "trailer").has_value());
    const auto cut = failure_of(bytes.substr(0, bytes.size() - 1));
    CHECK(cut.code == model_errc::not_a_model);
    CHECK(mentions(cut, "12 triangles, which take 684 bytes; it has 683"));
}

TEST_CASE("what is wrong with a file is told with its place")
{
    CHECK(failure_of("").code == model_errc::file_empty);
    CHECK(mentions(failure_of("solid"), "too short"));
    CHECK(mentions(failure_of(std::string(one_triangle).substr(0, 70)), "Line 5"));
    CHECK(mentions(failure_of("solid a\nfacet normal 0 0 0\nouter loop\nvertex 0 x 0\n"), "Line 4"));
    CHECK(mentions(failure_of("solid a\nfacet normal 0 0 0\nouter loop\nvertex 0 nan 0\n"), "Line 4"));
    CHECK(mentions(failure_of("solid a\nfacet normal 0 0 0\nouter loop\nvertex 0 1e39 0\n"), "Line 4"));
    CHECK(mentions(failure_of("solid a with no facet\nendsolid\n"), "no triangles"));
    auto bytes = binary_stl(shapes::box(1, 1, 1));
    const auto infinite = std::numeric_limits<float>::infinity();
    std::memcpy(bytes.data() + 84 + 50 + 12, &infinite, sizeof infinite);
    CHECK(mentions(failure_of(bytes), "Triangle 2"));
    CHECK(failure_of("\x89PNG\r\n\x1a\n" + std::string(200, '\1')).code == model_errc::not_a_model);
}

TEST_CASE(
    "a count that no memory holds is refused by the size of the file, one over the limit with both figures")
{
    auto bytes = binary_stl(shapes::box(1, 1, 1));
    const std::uint32_t huge = 4'000'000'000;
    std::memcpy(bytes.data() + 80, &huge, sizeof huge);
    CHECK(failure_of(bytes).code == model_errc::not_a_model);
    const auto many = failure_of(binary_stl(shapes::box(1, 1, 1)), {11, 1e6F});
    CHECK(many.code == model_errc::not_convertible);
    CHECK(mentions(many, "12 triangles; at most 11"));
    CHECK(failure_of(ascii_stl(shapes::box(1, 1, 1), "box"), {11, 1e6F}).code == model_errc::not_convertible);
}

TEST_CASE("every error of the Model API has a row of its own, in the order of the codes")
{
    const auto table = model_error_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
        CHECK(row_of(table[i].code).name == table[i].name);
        CHECK(table[i].status >= 400);
        CHECK(!table[i].advice.empty());
        if (i > 0) CHECK(table[i - 1].code < table[i].code);
    }
    CHECK(table.size() == 37);
}
