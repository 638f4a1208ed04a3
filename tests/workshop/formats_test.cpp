// OBJ, PLY and OFF: what is written is read the same; what is wrong is said with its place.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/models/obj.hpp"
#include "workshop/models/off.hpp"
#include "workshop/models/ply.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace layerline::workshop;
using namespace std::string_literals; // NOLINT(google-build-using-namespace): of literals only

namespace {

mesh read_good(const std::string& bytes)
{
    auto read = read_model(bytes);
    INFO(bytes.substr(0, 300));
    if (read.has_error()) FAIL(text_of(read.error()));
    return *std::move(read);
}

model_failure refusal(const std::string& bytes, const import_limits& limits = {})
{
    const auto read = read_model(bytes, limits);
    INFO(bytes.substr(0, 300));
    REQUIRE(read.has_error());
    return read.error();
}

bool says(const model_failure& why, const std::string& words)
{
    UNSCOPED_INFO(text_of(why));
    return why.code == model_errc::not_a_model && text_of(why).find(words) != std::string::npos;
}

// A flat L of six corners, standing: concave, area 3.
const std::string concave_obj = "v 0 0 0\nv 2 0 0\nv 2 1 0\nv 1 1 0\nv 1 2 0\nv 0 2 0\n";

} // namespace

TEST_CASE("what is written in any format is read as the same mesh", "[formats]")
{
    for (const auto& shape : {shapes::box(10, 20, 30), shapes::sphere(25, 3, {0.1F, -1e-7F, 12345.678F})})
        for (const auto format : format_names) {
            INFO(format);
            auto read = read_good(*exported(shape, format));
            weld_equal(read);
            auto wanted = shape;
            weld_equal(wanted);
            CHECK((read.points == wanted.points));
            CHECK((read.triangles == wanted.triangles));
        }
    CHECK(exported(shapes::box(1, 1, 1), "PLY").has_value());
    CHECK(exported(shapes::box(1, 1, 1), "dwg").error().code == model_errc::format_unknown);
}

TEST_CASE("every beginning of a file is refused with a reason, or is a smaller model", "[formats]")
{
    for (const auto format : format_names) {
        const auto whole = *exported(shapes::box(10, 20, 30), format);
        for (std::size_t size = 1; size < whole.size(); ++size) {
            const auto read = read_model(whole.substr(0, size));
            if (read.has_error()) {
                CHECK(text_of(read.error()).size() > 10);
            } else {
                CHECK(read->triangles.size() <= 12);
                CHECK(analyse(*read).triangles == read->triangles.size());
            }
        }
    }
}

TEST_CASE("OBJ: faces of many corners, counted from either end, with what else may stand there", "[formats]")
{
    auto model =
        read_good("# a comment\nmtllib x.mtl\no part\n" + concave_obj +
                  "vt 0 0\nvn 0 0 1\ng side\nusemtl red\ns off\nf 1/1/1 2//1 3/1 4 \\\n  5 -1 # L\n");
    CHECK(model.triangles.size() == 4);
    CHECK(analyse(model).surface_area_mm2 == Approx(3));
    CHECK(read_good("v 0 0 0 1.0\r\nv 1 0 0\r\nv 0 1 0\r\nf -3 -2 -1\r\n").triangles.size() == 1);
    CHECK(says(refusal("v 0 0 0\nv 1 0\nf 1 2 3\n"), "Line 2"));
    CHECK(says(refusal("v 0 0 0\nv 1 0 nan\n"), "Line 2"));
    CHECK(says(refusal("v 0 0 1e9\n"), "kilometre"));
    CHECK(says(refusal("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n"), "Line 4"));
    CHECK(says(refusal("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 0\n"), "Line 4"));
    CHECK(says(refusal("v 0 0 0\nv 1 0 0\nf 1 2\n"), "three corners"));
    CHECK(says(refusal("v 0 0 0\nv 1 0 0\n"), "no faces"));
    CHECK(refusal("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 2 3\n", {1, 1e6F}).code ==
          model_errc::not_convertible);
}

TEST_CASE("OFF: titles, comments, colours, and counts that the file cannot hold", "[formats]")
{
    CHECK(read_good("OFF # x\n3 1 3\n0 0 0\n1 0 0\n# y\n0 1 0\n3 0 1 2 255 0 0\n").triangles.size() == 1);
    CHECK(read_good("COFF\n3 1 0\n0 0 0 1 0 0 1\n1 0 0 1 0 0 1\n0 1 0 1 0 0 1\n3 0 1 2\n").triangles.size() ==
          1);
    CHECK(
        read_good("OFF\n6 1 0\n0 0 0\n2 0 0\n2 1 0\n1 1 0\n1 2 0\n0 2 0\n6 0 1 2 3 4 5\n").triangles.size() ==
        4);
    CHECK(says(refusal("OFF\n400000000 1 0\n0 0 0\n"), "cut off"));
    CHECK(says(refusal("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n"), "Line 6"));
    CHECK(says(refusal("OFF\n3 1 0\n0 0 0\n1 x 0\n0 1 0\n3 0 1 2\n"), "point 2 of 3"));
    CHECK(says(refusal("OFF\n-3 1 0\n"), "number of points"));
    CHECK(says(refusal("OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n"), "no faces"));
}

TEST_CASE("PLY: text, both byte orders, other elements and properties", "[formats]")
{
    const std::string text =
        "ply\nformat ascii 1.0\ncomment x\nelement vertex 3\nproperty double x\nproperty float y\n"
        "property float z\nproperty uchar red\nelement edge 1\nproperty int a\nelement face 1\n"
        "property list uchar int vertex_index\nproperty uchar blue\nend_header\n"
        "0 0 0 255\n1 0 0 255\n0 1 0 255\n7\n3 0 1 2 9\n";
    CHECK(read_good(text).triangles.size() == 1);
    const std::string big =
        "ply\r\nformat binary_big_endian 1.0\r\nelement vertex 3\r\nproperty float x\r\nproperty "
        "short y\r\nproperty char z\r\nelement face 1\r\nproperty list uchar ushort "
        "vertex_indices\r\nend_header\r\n"s +
        "\0\0\0\0\0\0\0"s + "\x3f\x80\0\0\0\0\0"s + "\0\0\0\0\0\x01\0"s + "\x03\0\0\0\x01\0\x02"s;
    const auto model = read_good(big);
    CHECK((model.points == std::vector<point>{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}));
    CHECK((model.triangles == std::vector<triangle>{{0, 1, 2}}));

    const auto changed = [&](const std::string& from, const std::string& to) {
        auto other = text;
        other.replace(other.find(from), from.size(), to);
        return other;
    };
    CHECK(says(refusal(changed("vertex 3", "vertex 4000000")), "announced"));
    CHECK(says(refusal(changed("3 0 1 2 9", "3 0 1 5 9")), "face 1 of 1"));
    CHECK(says(refusal(changed("3 0 1 2 9", "-1 0 1 5 9")), "list"));
    CHECK(says(refusal(changed("1 0 0 255", "1 nan 0 255")), "vertex 2 of 3"));
    CHECK(says(refusal(changed("1 0 0 255", "1e12 0 0 255")), "vertex 2 of 3"));
    CHECK(says(refusal(changed("ascii", "EBCDIC")), "Line 2"));
    CHECK(says(refusal(changed("property double x", "property quad x")), "Line 5"));
    CHECK(says(refusal(changed("list uchar", "list float")), "whole numbers"));
    CHECK(says(refusal(changed("end_header", "end")), "end_header"));
    CHECK(says(refusal(text.substr(0, text.find("0 0 0 255"))), "announced"));
    CHECK(says(refusal(big.substr(0, big.size() - 1)), "ends"));
}

TEST_CASE("a format is told by what is in the file", "[formats]")
{
    // A binary STL whose first bytes say something else.
    auto stl = binary_stl(shapes::box(1, 2, 3));
    for (const std::string title : {"solid x", "OFF", "ply\n", "v 0 0 0", "BM"}) {
        auto other = stl;
        std::copy(title.begin(), title.end(), other.begin());
        CHECK(read_good(other).triangles.size() == 12);
    }
    CHECK(refusal("\x89PNG\r\n\x1a\n and so on, for over eighty-four bytes: " + std::string(80, 'x')).code ==
          model_errc::not_convertible);
    CHECK(refusal(std::string(200, '\0')).code == model_errc::not_a_model);
    CHECK(refusal("no model at all").code == model_errc::not_a_model);
    CHECK(refusal("").code == model_errc::file_empty);
}
