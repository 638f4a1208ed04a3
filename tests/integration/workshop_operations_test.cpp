// Every operation on solids and surfaces through HTTP, done in the confined process that strangers' models
// are given to; and the codes of their parameters.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

// A closed box of 40 x 30 x 20 mm.
const std::string& box()
{
    static const auto bytes = workshop::binary_stl(workshop::shapes::box(40, 30, 20));
    return bytes;
}

std::string opened()
{
    auto model = workshop::shapes::sphere(15, 4);
    model.triangles.resize(model.triangles.size() - 3);
    return workshop::binary_stl(model);
}

json done(const workshop_rig& at, const std::string& operation, const json& parameters)
{
    const auto told = at.over(at.begin(operation, parameters));
    INFO(operation << " " << parameters.dump() << ": " << told.dump());
    REQUIRE(told["state"] == "succeeded");
    return told["result"];
}

std::string bytes_of(const workshop_rig& at, const std::string& id)
{
    const auto answer = at.ask("GET", "/models/v1/files/" + id);
    REQUIRE(answer.status == 200);
    return answer.body;
}

workshop::mesh_analysis analysed(const std::string& stl)
{
    auto read = workshop::read_stl(stl);
    REQUIRE(read.has_value());
    workshop::weld_equal(*read); // an STL's triangles know nothing of each other
    return workshop::analyse(*read);
}

} // namespace

TEST_CASE("shrinkwrap, hollow and wall thickness are done in the confined process, on threads of its own",
          "[workshop]")
{
    const workshop_rig at;
    const auto wrapped =
        done(at, "shrinkwrap-repair", {{"inputId", at.upload(opened())}, {"accuracy", "rough"}});
    const auto closed = analysed(bytes_of(at, wrapped["resultId"]));
    CHECK(closed.watertight());
    CHECK(closed.shells == 1);
    CHECK(closed.volume_mm3 == Approx(4.0 / 3 * M_PI * 15 * 15 * 15).epsilon(0.1));

    const auto file = at.upload(box());
    const auto hollowed = done(at, "hollowing", {{"inputId", file}, {"wallThicknessMm", 2}});
    const auto shell = analysed(bytes_of(at, hollowed["resultId"]));
    CHECK(shell.watertight());
    CHECK(shell.volume_mm3 == Approx(40 * 30 * 20 - 36 * 26 * 16).epsilon(0.05));

    for (const char* format : {"stl", "ply"}) {
        const auto thin = done(at, "wall-thickness-analysis",
                               {{"inputId", hollowed["resultId"]},
                                {"minimalWallThicknessMm", 3},
                                {"accuracyWallThickness", 2},
                                {"exportToFormat", format}});
        CHECK(thin["hasThinWalls"] == true);
        CHECK(thin["leastThicknessMm"].get<double>() == Approx(2).epsilon(0.05));
        const auto marked = bytes_of(at, thin["fileId"]);
        CHECK((marked.rfind("ply", 0) == 0) == (std::string(format) == "ply"));
    }
    CHECK(done(at, "wall-thickness",
               {{"inputId", file},
                {"minimalWallThicknessMm", 1},
                {"accuracyWallThickness", 1}})["hasThinWalls"] == false);
}

TEST_CASE("without the library of voxels what needs it could not be started, 70, and all else is done",
          "[workshop]")
{
    const temp_folder folder;
    std::filesystem::create_directory(folder.path() / "bin");
    const auto alone = folder.path() / "bin" / "layerline-workshop";
    std::filesystem::copy_file(program_path("layerline-workshop"), alone);
    const workshop_rig at({}, alone);
    const auto file = at.upload(box());
    for (const char* operation : {"hollowing", "shrinkwrap-repair"}) {
        const auto told =
            at.over(at.begin(operation, {{"inputId", file}, {"wallThicknessMm", 2}, {"accuracy", "rough"}}));
        INFO(told.dump());
        CHECK(workshop_rig::code_of(told) == 70);
        CHECK(told.dump().find("libopenvdb") != std::string::npos);
    }
    CHECK(done(at, "repair", {{"inputId", file}})["changed"] == false);
}

TEST_CASE("a drain hole goes through HTTP, and one that cannot be is told with 801, 802 or 13",
          "[workshop][status]")
{
    const workshop_rig at;
    const auto file = at.upload(box());
    const auto holes = [](double z, double diameter) {
        return json::array({{{"x", 20}, {"y", 15}, {"z", z}, {"diameterMm", diameter}}});
    };
    const auto made =
        done(at, "hollow", {{"inputId", file}, {"wallThicknessMm", 2}, {"drainHoles", holes(20, 4)}});
    CHECK(made["drainHoles"] == 1);
    const auto found = analysed(bytes_of(at, made["resultId"]));
    CHECK(found.watertight());
    CHECK(found.shells == 1);
    CHECK(40 * 30 * 20 - found.volume_mm3 == Approx(made["removedMm3"].get<double>()).epsilon(1e-4));

    const auto code = [&](const json& drains) {
        return workshop_rig::code_of(
            at.ask("POST", "/models/v1/operations/hollow",
                   json{{"inputId", file}, {"wallThicknessMm", 2}, {"drainHoles", drains}}.dump()));
    };
    CHECK(code(holes(20, 0.4)) == 801);
    CHECK(code(holes(20, 51)) == 801);
    CHECK(code(holes(2e6, 4)) == 802);
    CHECK(code("20,15,20,4") == 13);
    CHECK(code(json::array({{{"x", 20}}})) == 13);
    const auto off = at.over(
        at.begin("hollow", {{"inputId", file}, {"wallThicknessMm", 2}, {"drainHoles", holes(10, 4)}}));
    CHECK(workshop_rig::code_of(off) == 802);
    CHECK(off["errors"][0]["message"].get<std::string>().find("Drain hole 1:") == 0);
}

TEST_CASE("GLB is exported and read again, AMF is read, and both tell their unit", "[workshop]")
{
    const workshop_rig at;
    const auto file =
        done(at, "export", {{"inputId", at.upload(box())}, {"exportToFormat", "glb"}})["fileId"];
    const auto scene = bytes_of(at, file);
    CHECK(scene.rfind("glTF", 0) == 0);
    const auto again = done(at, "analyze", {{"inputId", at.upload(scene)}, {"measurementUnits", "foot"}});
    CHECK(again["dimensionXMm"] == Approx(40));
    CHECK(again["watertight"] == true);

    const auto vertex = [](int x, int y, int z) {
        return "<vertex><coordinates><x>" + std::to_string(x) + "</x><y>" + std::to_string(y) + "</y><z>" +
               std::to_string(z) + "</z></coordinates></vertex>";
    };
    const auto amf = "<?xml version=\"1.0\"?><amf unit=\"inch\"><object id=\"1\"><mesh><vertices>" +
                     vertex(0, 0, 0) + vertex(1, 0, 0) + vertex(0, 1, 0) +
                     "</vertices><volume><triangle><v1>0</v1><v2>1</v2><v3>2</v3></triangle></volume></mesh>"
                     "</object></amf>";
    CHECK(done(at, "analyze", {{"inputId", at.upload(amf)}})["dimensionXMm"] == Approx(25.4));
    auto furlong = amf;
    furlong.replace(furlong.find("inch"), 4, "yard");
    CHECK(workshop_rig::code_of(at.over(at.begin("analyze", {{"inputId", at.upload(furlong)}}))) == 200);
    const auto draco =
        at.upload(R"({"asset":{"version":"2.0"},"extensionsRequired":["KHR_draco_mesh_compression"]})");
    CHECK(workshop_rig::code_of(at.over(at.begin("analyze", {{"inputId", draco}}))) == 201);
    CHECK(workshop_rig::code_of(
              at.over(at.begin("analyze", {{"inputId", at.upload(scene.substr(0, 500))}}))) == 202);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // whose memory is not the program's
TEST_CASE("a picture of 10000 x 10000 pixels is drawn in half of the memory that it would fill", "[workshop]")
{
    temp_folder folder;
    std::ofstream(folder.path() / "part.stl") << box();
    for (const std::string format : {"png", "jpeg"}) {
        const auto made =
            run({program_path("layerline-workshop").string(), "model", "thumbnail",
                 (folder.path() / "part.stl").string(), "-o", (folder.path() / "picture").string(), "--width",
                 "10000", "--height", "10000", "--format", format});
        INFO(made.output);
        REQUIRE(made.exit_code == 0);
        CHECK(std::filesystem::file_size(folder.path() / "picture") > 100'000);
    }
    rusage most{}; // of the largest program that this one has waited for
    REQUIRE(::getrusage(RUSAGE_CHILDREN, &most) == 0);
    CHECK(most.ru_maxrss < 4 * 10'000 * 10'000 / 2 / 1024);
}
#endif

TEST_CASE("reduce, thumbnail, scale by a factor and 3MF are done in the confined process", "[workshop]")
{
    const workshop_rig at;
    const auto ball = at.upload(workshop::binary_stl(workshop::shapes::sphere(20, 5)));
    const auto reduced =
        done(at, "reduce-triangles",
             {{"inputId", ball}, {"accuracyMm", 0.2}, {"maxAngle", 30}, {"numberOfIterations", 5}});
    CHECK(reduced["trianglesAfter"].get<int>() < reduced["trianglesBefore"].get<int>() / 2);
    CHECK(reduced["accuracyReachedMm"].get<double>() <= 0.2);
    CHECK(analysed(bytes_of(at, reduced["resultId"])).watertight());

    const auto picture = [&](const char* format) {
        const auto told =
            done(at, "thumbnail", {{"inputId", ball}, {"width", 64}, {"height", 48}, {"format", format}});
        return bytes_of(at, told["fileId"]);
    };
    CHECK(picture("png").rfind("\x89PNG", 0) == 0);
    CHECK(picture("jpeg").rfind("\xff\xd8\xff", 0) == 0);

    const auto scaled = done(at, "scale", {{"inputId", at.upload(box())}, {"factor", 2}});
    CHECK(analysed(bytes_of(at, scaled["resultId"])).volume_mm3 == Approx(8 * 40 * 30 * 20));
    const auto archive =
        done(at, "export", {{"inputId", scaled["resultId"]}, {"exportToFormat", "3mf"}})["fileId"];
    CHECK(bytes_of(at, archive).rfind("PK", 0) == 0);
    // It tells its own unit: what the request says does not count.
    const auto again = at.upload(bytes_of(at, archive));
    const auto read = done(at, "analyze", {{"inputId", again}, {"measurementUnits", "inch"}});
    CHECK(read["dimensionXMm"] == Approx(80));
}

TEST_CASE("300, 301, 500, 501, 600, 700, 701, 702, 800: a value out of its range is refused with its code",
          "[workshop][status]")
{
    const workshop_rig at;
    const auto file = at.upload(box());
    const auto code = [&](const std::string& operation, json parameters) {
        parameters["inputId"] = file;
        const auto answer = at.ask("POST", "/models/v1/operations/" + operation, parameters.dump());
        CHECK(answer.status == 400);
        return workshop_rig::code_of(answer);
    };
    for (const double wall : {0.09, 20.1})
        CHECK(code("wall-thickness", {{"minimalWallThicknessMm", wall}, {"accuracyWallThickness", 1}}) ==
              300);
    CHECK(code("wall-thickness", {{"minimalWallThicknessMm", 1}, {"accuracyWallThickness", 9}}) == 301);
    for (const int size : {9, 10001}) {
        CHECK(code("thumbnail", {{"width", size}, {"height", 100}}) == 500);
        CHECK(code("thumbnail", {{"width", 100}, {"height", size}}) == 500);
    }
    for (const char* axis : {"X", "Y", "Z"})
        CHECK(code("thumbnail",
                   {{"width", 100}, {"height", 100}, {std::string("cameraAngle") + axis, -181}}) == 501);
    CHECK(code("shrinkwrap", {{"accuracy", "Perfect"}}) == 600);
    CHECK(code("reduce", {{"accuracyMm", 10.1}}) == 700);
    CHECK(code("reduce", {{"accuracyMm", 1}, {"maxAngle", 91}}) == 701);
    CHECK(code("reduce", {{"accuracyMm", 1}, {"numberOfIterations", 0}}) == 702);
    for (const double wall : {0.99, 20.01})
        CHECK(code("hollow", {{"wallThicknessMm", wall}}) == 800);
}

TEST_CASE(
    "302, 800: a model too large for its walls to be looked at, and one with nothing inside to take out",
    "[workshop][status]")
{
    const workshop_rig at;
    const auto long_one = at.upload(workshop::binary_stl(workshop::shapes::box(501, 10, 10)));
    CHECK(workshop_rig::code_of(at.over(at.begin(
              "wall-thickness",
              {{"inputId", long_one}, {"minimalWallThicknessMm", 1}, {"accuracyWallThickness", 1}}))) == 302);
    CHECK(workshop_rig::code_of(
              at.over(at.begin("hollow", {{"inputId", at.upload(box())}, {"wallThicknessMm", 12}}))) == 800);
}
