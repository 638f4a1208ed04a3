#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/models/three_mf.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace layerline::workshop;

namespace {

const std::string tetrahedron =
    R"(<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="6" y="0" z="0"/><vertex x="0" y="6" z="0"/><vertex x="0" y="0" z="6"/></vertices>
<triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/><triangle v1="0" v2="3" v3="2"/><triangle v1="1" v2="2" v3="3"/></triangles></mesh>)";

std::string model_text(const std::string& resources, const std::string& build,
                       const std::string& unit = "millimeter")
{
    return "<model unit=\"" + unit +
           R"(" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06"><resources>)" +
           resources + "</resources><build>" + build + "</build></model>";
}

std::string object(const std::string& id, const std::string& inside, const std::string& more = {})
{
    return "<object id=\"" + id + "\" " + more + ">" + inside + "</object>";
}

std::string archive(const std::string& model, std::vector<zip_part> more = {})
{
    more.push_back({"3D/3dmodel.model", model});
    return zipped(more);
}

mesh_analysis read_well(const std::string& bytes)
{
    auto read = read_model(bytes);
    INFO((read.has_error() ? read.error().detail : std::string()));
    REQUIRE(read.has_value());
    weld_equal(*read);
    return analyse(*read);
}

model_failure refusal(const std::string& bytes)
{
    const auto read = read_model(bytes);
    REQUIRE(read.has_error());
    return read.error();
}

const std::string item = R"(<item objectid="1"/>)";

} // namespace

TEST_CASE("what is written as 3MF is read again to the last bit", "[3mf]")
{
    for (const auto& [name, shape] : shapes::many()) {
        INFO(name);
        const auto bytes = exported(shape, "3MF");
        REQUIRE(bytes.has_value());
        CHECK(tells_its_unit(*bytes));
        const auto again = read_model(*bytes);
        REQUIRE(again.has_value());
        CHECK(again->points == shape.points);
        CHECK(again->triangles == shape.triangles);
    }
}

TEST_CASE("a 3MF file tells its unit", "[3mf]")
{
    const auto size = [](const std::string& unit) {
        return read_well(archive(model_text(object("1", tetrahedron), item, unit))).most.x;
    };
    CHECK(size("millimeter") == Approx(6));
    CHECK(size("micron") == Approx(0.006));
    CHECK(size("centimeter") == Approx(60));
    CHECK(size("inch") == Approx(6 * 25.4));
    CHECK(size("foot") == Approx(6 * 304.8));
    CHECK(size("meter") == Approx(6000));
    CHECK(refusal(archive(model_text(object("1", tetrahedron), item, "furlong"))).code ==
          model_errc::wrong_units);
}

TEST_CASE("components are put where their transforms say, and those that mirror still look outward", "[3mf]")
{
    const auto both =
        object("2", R"(<components><component objectid="1" transform="1 0 0 0 1 0 0 0 1 10 0 0"/>
<component objectid="1" transform="-2 0 0 0 2 0 0 0 2 0 0 0"/></components>)");
    const auto found = read_well(archive(model_text(
        object("1", tetrahedron) + both, R"(<item objectid="2" transform="1 0 0 0 1 0 0 0 1 0 100 0"/>)")));
    CHECK(found.shells == 2);
    CHECK(found.inverted == 0);
    CHECK(found.volume_mm3 == Approx(36 + 8 * 36));
    CHECK(found.least.x == Approx(-12));
    CHECK(found.most.x == Approx(16));
    CHECK(found.least.y == Approx(100));
}

TEST_CASE("parts in other files of the archive are followed, supports are left out", "[3mf]")
{
    const std::vector<zip_part> more{
        {"3D/parts/a.model", model_text(object("7", tetrahedron), "", "inch")},
        {"_rels/.rels",
         R"(<Relationships><Relationship Target="/3D/3dmodel.model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>)"}};
    const auto use =
        object("1", R"(<components><component objectid="7" p:path="/3D/parts/a.model"/></components>)");
    const auto found = read_well(archive(
        model_text(use + object("9", tetrahedron, R"(type="support")"), item + R"(<item objectid="9"/>)"),
        more));
    CHECK(found.triangles == 4);
    CHECK(found.most.x == Approx(6 * 25.4));
    CHECK(refusal(archive(model_text(use, item))).detail.find("parts/a.model") != std::string::npos);
}

TEST_CASE("what is wrong with a 3MF file is told with its place", "[3mf]")
{
    const auto refused = [](const std::string& resources, const std::string& build = item) {
        const auto why = refusal(archive(model_text(resources, build)));
        CHECK(why.code == model_errc::not_a_model);
        return why.detail;
    };
    CHECK(refused(object("1", "<mesh><vertices>\n<vertex x=\"NaN\" y=\"0\" z=\"0\"/></vertices></mesh>"))
              .find("3D/3dmodel.model, line 2") == 0);
    CHECK(refused(object("1", "<mesh><vertices><vertex x=\"1e9\" y=\"0\" z=\"0\"/></vertices></mesh>"))
              .find("kilometre") != std::string::npos);
    CHECK(refused(object("1", R"(<mesh><triangles><triangle v1="0" v2="1" v3="2"/></triangles></mesh>)"))
              .find("none of the object's 0 points") != std::string::npos);
    CHECK(refused(object("1", tetrahedron), "").find("no triangle") != std::string::npos);
    CHECK(refused(object("1", tetrahedron), R"(<item objectid="5"/>)").find("no object 5") !=
          std::string::npos);
    CHECK(refused(object("1", R"(<components><component objectid="1"/></components>)"))
              .find("part of itself") != std::string::npos);
    CHECK(refusal(archive("<!DOCTYPE a [<!ENTITY b \"c\">]><model/>")).detail.find("document type") !=
          std::string::npos);
    CHECK(refusal(archive("<model><resources>")).code == model_errc::not_a_model);
    CHECK(refusal(zipped({{"a.txt", "hello"}})).detail == "The archive holds no 3MF model.");
    const auto whole = archive(model_text(object("1", tetrahedron), item));
    for (std::size_t size = 4; size < whole.size(); size += 7)
        CHECK(refusal(whole.substr(0, size)).code == model_errc::not_a_model);
}

TEST_CASE("what explodes is refused: by its ratio, by its size, by components of components", "[3mf]")
{
    const auto big = archive("<model>" + std::string(20'000'000, ' ') + "</model>");
    CHECK(big.size() < 100'000);
    CHECK(refusal(big).code == model_errc::not_convertible);
    zip_limits small;
    small.bytes = 100;
    CHECK(read_three_mf(archive(model_text(object("1", tetrahedron), item)), {}, small).error().code ==
          model_errc::not_convertible);
    std::string doubled = object("1", tetrahedron);
    for (int i = 2; i < 30; ++i) {
        const auto one = "<component objectid=\"" + std::to_string(i - 1) + "\"/>";
        doubled += object(std::to_string(i), "<components>" + one + one + "</components>");
    }
    CHECK(refusal(archive(model_text(doubled, R"(<item objectid="29"/>)"))).code ==
          model_errc::not_convertible);
    CHECK(read_three_mf(archive(model_text(object("1", tetrahedron), item)), {3, 1e6F}).error().code ==
          model_errc::not_convertible);
}
