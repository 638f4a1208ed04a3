// files/layers and files/thumbnail.
#include "tests/commands/api_desk.hpp"

using namespace layerline::commands;

namespace {

std::string two_layers(const std::string& move = "G1 X10 Y10 E1\n")
{
    return "M83\nG28\n;LAYER:0\nG1 Z0.2\n;TYPE:Perimeter\n" + move + ";LAYER:1\nG1 Z0.4\nG1 X0 Y10 E1\n";
}

} // namespace

TEST_CASE("a file's layers are told in columns, and one of them as a drawing")
{
    api_desk desk;
    desk.files.files["gcode/a.gcode"] = two_layers();
    const auto index = desk.call("GET", "files/layers", "Path=gcode/a.gcode");
    REQUIRE(index->status() == 200);
    const auto& result = index->body["Result"];
    CHECK(result["LayerCount"] == 2);
    CHECK(result["ZMm"] == json::array({0.2, 0.4}));
    CHECK(result["FilamentMm"] == json::array({1.0, 1.0}));
    CHECK(result["MaxXMm"] == 10);
    const auto drawing = desk.call("GET", "files/layers", "Path=gcode/a.gcode&Layer=2");
    CHECK(drawing->http() == 200);
    CHECK(drawing->call.header("content-type") == "application/vnd.layerline.layer");
    CHECK(drawing->call.sent.substr(0, 4) == "LLP1");
    CHECK(drawing->call.header("content-length") == std::to_string(drawing->call.sent.size()));
    CHECK(desk.call("GET", "files/layers", "Path=gcode/a.gcode&Layer=3")->http() == 404);
    CHECK(desk.call("GET", "files/layers", "Path=gcode/a.gcode&Layer=0")->http() == 400);
    CHECK(desk.call("GET", "files/layers", "Path=gcode/none.gcode")->http() == 404);
    desk.files.files["gcode/empty.gcode"] = "; nothing\n";
    const auto empty = desk.call("GET", "files/layers", "Path=gcode/empty.gcode");
    CHECK(empty->http() == 400);
    CHECK_THAT(empty->error(), Catch::Contains("no layers"));
}

TEST_CASE("an index is made anew when its file was replaced")
{
    api_desk desk;
    for (const auto* move : {"G1 X10 Y10 E1\n", "G1 X123 Y10 E1\n"}) {
        desk.files.files["gcode/a.gcode"] = two_layers(move);
        for (int again = 0; again < 2; ++again) {
            const auto told = desk.call("GET", "files/layers", "Path=gcode/a.gcode");
            CHECK(told->body["Result"]["MaxXMm"] ==
                  (std::string(move).find("123") != std::string::npos ? 123 : 10));
        }
    }
    // Others push it out, and it comes back.
    for (int i = 0; i < 6; ++i) {
        const auto path = "gcode/" + std::to_string(i) + ".gcode";
        desk.files.files[path] = two_layers();
        CHECK(desk.call("GET", "files/layers", "Path=" + path)->status() == 200);
    }
    CHECK(desk.call("GET", "files/layers", "Path=gcode/a.gcode")->body["Result"]["MaxXMm"] == 123);
}

TEST_CASE("the picture that fits the wanted size comes as what it is")
{
    api_desk desk;
    // The first bytes of a PNG, of a JPEG, and of nothing known.
    desk.files.files["gcode/a.gcode"] = "; thumbnail begin 16x16 8\n; iVBORw0K\n; thumbnail end\n"
                                        "; thumbnail_JPG begin 220x124 4\n; /9j/\n; thumbnail_JPG end\nG28\n";
    const auto small = desk.call("GET", "files/thumbnail", "Path=gcode/a.gcode&Size=10");
    CHECK(small->call.header("content-type") == "image/png");
    CHECK(small->call.sent.substr(1, 3) == "PNG");
    for (const auto* size : {"17", "220", "4000"})
        CHECK(desk.call("GET", "files/thumbnail", std::string("Path=gcode/a.gcode&Size=") + size)
                  ->call.header("content-type") == "image/jpeg");
    desk.files.files["gcode/odd.gcode"] = "; thumbnail begin 16x16 8\n; PHNjcmlw\n; thumbnail end\n";
    CHECK(desk.call("GET", "files/thumbnail", "Path=gcode/odd.gcode")->http() == 404);
    desk.files.files["gcode/none.gcode"] = "G28\n";
    CHECK(desk.call("GET", "files/thumbnail", "Path=gcode/none.gcode")->http() == 404);
}
