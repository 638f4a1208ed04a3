#include "tests/workshop/shapes.hpp"
#include "workshop/models/amf.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace layerline::workshop;

namespace {

std::string vertex(const std::string& x, const std::string& y, const std::string& z)
{
    return "<vertex><coordinates><x>" + x + "</x><y> " + y + "\n</y><z>" + z +
           "</z></coordinates><normal><nx>0</nx><ny>0</ny><nz>1</nz></normal></vertex>";
}

std::string face(int a, int b, int c)
{
    return "<triangle><v1>" + std::to_string(a) + "</v1><v2>" + std::to_string(b) + "</v2><v3>" +
           std::to_string(c) + "</v3></triangle>";
}

const std::string corners = "<vertices>" + vertex("0", "0", "0") + vertex("6", "0", "0") +
                            vertex("0", "6", "0") + vertex("0", "0", "6") + "</vertices>";
const std::string half = face(0, 2, 1) + face(0, 1, 3), other_half = face(0, 3, 2) + face(1, 2, 3);
const std::string tetrahedron = "<mesh>" + corners + "<volume materialid=\"1\"><color><r>1</r></color>" +
                                half + "</volume><volume>" + other_half + "</volume></mesh>";

std::string object(const std::string& id, const std::string& inside)
{
    return "<object id=\"" + id + "\"><metadata type=\"name\">x</metadata>" + inside + "</object>\n";
}

std::string constellation(const std::string& id, const std::string& instances)
{
    return "<constellation id=\"" + id + "\">" + instances + "</constellation>";
}

std::string instance(const std::string& of, const std::string& numbers)
{
    return "<instance objectid=\"" + of + "\">" + numbers + "</instance>";
}

std::string document(const std::string& inside,
                     const std::string& attributes = R"(unit="millimeter" version="1.1")")
{
    return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a part -->\n<amf " + attributes + ">\n" +
           inside + "</amf>\n";
}

mesh_analysis read_well(const std::string& bytes)
{
    auto read = read_model(bytes);
    INFO((read.has_error() ? text_of(read.error()) : std::string()));
    REQUIRE(read.has_value());
    CHECK(tells_its_unit(bytes));
    weld_equal(*read);
    return analyse(*read);
}

model_failure refusal(const std::string& bytes, const import_limits& limits = {})
{
    const auto read = read_model(bytes, limits);
    INFO(bytes.substr(0, 300));
    REQUIRE(read.has_error());
    UNSCOPED_INFO(text_of(read.error()));
    return read.error();
}

bool says(const std::string& bytes, const std::string& words)
{
    const auto why = refusal(bytes);
    UNSCOPED_INFO(text_of(why));
    return why.code == model_errc::not_a_model && text_of(why).find(words) != std::string::npos;
}

} // namespace

TEST_CASE("an AMF file tells its unit, and is in millimetres where it does not", "[amf]")
{
    const auto size = [](const std::string& attributes) {
        return read_well(document(object("0", tetrahedron), attributes)).most.x;
    };
    CHECK(size("unit=\"millimeter\"") == Approx(6));
    CHECK(size("version=\"1.2\"") == Approx(6));
    CHECK(size("unit=\"inch\"") == Approx(6 * 25.4));
    CHECK(size("unit=\"feet\"") == Approx(6 * 304.8));
    CHECK(size("unit=\"Meter\"") == Approx(6000));
    CHECK(size("unit=\"micron\"") == Approx(0.006));
    CHECK(refusal(document(object("0", tetrahedron), "unit=\"furlong\"")).code == model_errc::wrong_units);
}

TEST_CASE("volumes of an AMF object are one surface, and all objects are read", "[amf]")
{
    const auto one = read_well(document(object("0", tetrahedron)));
    CHECK(one.triangles == 4);
    CHECK(one.watertight());
    CHECK(one.volume_mm3 == Approx(36));
    const auto moved = "<mesh><vertices>" + vertex("10", "0", "0") + vertex("16", "0", "0") +
                       vertex("10", "6", "0") + vertex("10", "0", "6") + "</vertices><volume>" + half +
                       other_half + "</volume><volume type=\"support\">" + half + "</volume></mesh>";
    const auto two = read_well(document(object("0", tetrahedron) + object("1", moved)));
    CHECK(two.shells == 2);
    CHECK(two.triangles == 8);
    CHECK(two.volume_mm3 == Approx(72));
}

TEST_CASE("constellations put objects and constellations in place", "[amf]")
{
    // A quarter turn about Z takes X to Y; the tetrahedron then lies at x from -6 to 0.
    const auto turned = instance("0", "<deltax>100</deltax><rz>90</rz>");
    const auto found = read_well(document(
        object("0", tetrahedron) + constellation("5", instance("0", "<deltay>1</deltay>") + turned) +
        constellation("6", instance("5", "<deltaz>-1</deltaz>") + instance("5", "<deltaz>50</deltaz>"))));
    CHECK(found.shells == 4);
    CHECK(found.volume_mm3 == Approx(4 * 36));
    CHECK(found.inverted == 0);
    CHECK(found.most.x == Approx(100));
    CHECK(found.most.y == Approx(7));
    CHECK(found.least.z == Approx(-1));
    CHECK(found.most.z == Approx(56));

    // About X first: Y comes to lie on Z; about Z then, which leaves that where it is.
    const auto both = read_well(
        document(object("0", tetrahedron) + constellation("1", instance("0", "<rx>90</rx><rz>180</rz>"))));
    CHECK(both.least.x == Approx(-6));
    CHECK(both.most.y == Approx(6));
    CHECK(both.most.z == Approx(6));

    // In inches the way is in inches, too.
    CHECK(
        read_well(document(object("0", tetrahedron) + constellation("1", instance("0", "<deltax>1</deltax>")),
                           "unit=\"inch\""))
            .least.x == Approx(25.4));
}

TEST_CASE("an AMF file of Slic3r has angles in radians, scales and mirrors", "[amf]")
{
    const auto found = read_well(document(
        "<metadata type=\"slic3rpe_amf_version\">2</metadata>" + object("0", tetrahedron) +
        constellation("1",
                      instance("0", "<rz>3.14159265358979</rz><scalex>2</scalex><mirrorz>-1</mirrorz>"))));
    CHECK(found.least.x == Approx(-12));
    CHECK(found.least.y == Approx(-6));
    CHECK(found.least.z == Approx(-6));
    CHECK(found.volume_mm3 == Approx(72));
    CHECK(found.inverted == 0);
}

TEST_CASE("an AMF file may be packed", "[amf]")
{
    const auto plain = document(object("0", tetrahedron));
    CHECK(read_well(zipped({{"part.amf", plain}})).volume_mm3 == Approx(36));
    CHECK(read_well(zipped({{"notes.txt", "x"}, {"a/Part.AMF", plain}})).triangles == 4);
    // What is a 3MF beside it is read as one.
    CHECK(refusal(zipped({{"3D/3dmodel.model", "<model"}, {"a.amf", plain}})).detail.find("3D/3dmodel") == 0);
    const auto big = zipped({{"a.amf", "<amf>" + std::string(20'000'000, ' ') + "</amf>"}});
    CHECK(refusal(big).code == model_errc::not_convertible);
    const auto whole = zipped({{"part.amf", plain}});
    for (std::size_t size = 4; size < whole.size(); size += 7)
        CHECK(refusal(whole.substr(0, size)).code == model_errc::not_a_model);
}

TEST_CASE("what is wrong with an AMF file is told with its line", "[amf]")
{
    const auto with = [](const std::string& mesh) { return document(object("0", mesh)); };
    const auto points = [&](const std::string& x) {
        return with("<mesh><vertices>" + vertex("0", "0", "0") + "\n" + vertex(x, "0", "0") +
                    "</vertices></mesh>");
    };
    CHECK(says(points("NaN"), "The AMF file, line 6: \"x\" needs a number"));
    CHECK(says(points("inf"), "needs a number"));
    CHECK(says(points("1e300"), "needs a number"));
    CHECK(says(points(""), "needs a number"));
    CHECK(says(points("1 2"), "needs a number"));
    CHECK(says(points("<b>1</b>"), "element in it"));
    CHECK(says(points(std::string(100, '1')), "too long"));
    CHECK(says(points("1e9"), "kilometre"));
    CHECK(says(
        with(
            "<mesh><vertices><vertex><coordinates><x>1</x><z>1</z></coordinates></vertex></vertices></mesh>"),
        "three numbers"));
    CHECK(says(with("<mesh>" + corners + "<volume>" + face(0, 1, 4) + "</volume></mesh>"),
               "none of the object's 4"));
    CHECK(
        says(with("<mesh>" + corners + "<volume>" + face(0, 1, -1) + "</volume></mesh>"), "needs a number"));
    CHECK(says(with("<mesh>" + corners + "<volume><triangle><v1>0</v1><v2>1</v2></triangle></volume></mesh>"),
               "three corners"));
    CHECK(says(with(""), "no triangle"));
    CHECK(says(document(object("0", tetrahedron) + object("0", tetrahedron)), "same id"));
    CHECK(says(document(object("0", tetrahedron) + constellation("1", instance("7", ""))), "no object 7"));
    CHECK(says(document(constellation("1", instance("1", ""))), "part of itself"));
    CHECK(says(document(object("0", tetrahedron) + constellation("1", instance("2", "")) +
                        constellation("2", instance("1", ""))),
               "part of itself"));
    CHECK(says("<amf>" + object("0", tetrahedron), "line "));
    CHECK(says("<!DOCTYPE a [<!ENTITY b \"c\">]><amf >&b;</amf>", "document type"));
    CHECK(refusal(document(object("0", tetrahedron)), {3, 1e6F}).code == model_errc::not_convertible);
}

TEST_CASE("constellations of constellations that explode are refused", "[amf]")
{
    std::string doubled = object("0", tetrahedron);
    for (int i = 1; i < 30; ++i) {
        const auto one = instance(std::to_string(i - 1), "");
        doubled += constellation(std::to_string(i), one + one);
    }
    CHECK(refusal(document(doubled)).code == model_errc::not_convertible);
}
