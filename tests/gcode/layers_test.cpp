// Layers as they are found, indexed and drawn.
#include "gcode/layer_index.hpp"
#include "gcode/layer_paths.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace layerline::gcode;

namespace {

layer_index indexed(std::string_view file, std::size_t slice = 7)
{
    layer_indexer indexer;
    for (std::size_t at = 0; at < file.size(); at += slice)
        indexer.push(file.substr(at, slice));
    return indexer.finish();
}

struct path {
    path_kind kind = path_kind::travel;
    int tool = 0;
    std::uint64_t width_um = 0;
    std::vector<point_mm> points;
};

// The drawing read again, as a client does it.
std::vector<path> read_drawing(const std::string& text)
{
    REQUIRE(text.substr(0, 4) == "LLP1");
    std::size_t at = 4;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(text.at(at++));
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
    };
    const auto signed_varint = [&] {
        const auto value = varint();
        return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
    };
    std::vector<path> all;
    std::int64_t x = 0, y = 0;
    while (at < text.size()) {
        path one;
        one.kind = static_cast<path_kind>(text.at(at++));
        one.tool = text.at(at++);
        one.width_um = varint();
        const auto count = varint();
        for (std::uint64_t i = 0; i < count; ++i) {
            x += signed_varint();
            y += signed_varint();
            one.points.push_back({static_cast<double>(x) / 100, static_cast<double>(y) / 100});
        }
        all.push_back(one);
    }
    return all;
}

std::vector<path> drawn(std::string_view file, std::size_t layer, std::size_t slice = 5)
{
    const auto index = indexed(file);
    const auto& entry = index.layers.at(layer - 1);
    layer_painter painter(entry.start);
    const auto bytes = file.substr(entry.begin, entry.end - entry.begin);
    for (std::size_t at = 0; at < bytes.size(); at += slice)
        REQUIRE(painter.push(bytes.substr(at, slice)));
    return read_drawing(painter.finish());
}

constexpr std::string_view prusa = "M83\n"
                                   "G28\n"
                                   "G1 X5 Y5 Z5 F3000\n"
                                   ";LAYER_CHANGE\n"
                                   ";Z:0.2\n"
                                   "G1 Z.2\n"
                                   "G1 X10 Y10\n"
                                   ";TYPE:External perimeter\n"
                                   ";WIDTH:0.45\n"
                                   "G1 X20 Y10 E1\n"
                                   "G1 X20 Y20 E1\n"
                                   ";TYPE:Solid infill\n"
                                   "G1 X10 Y10 E1.5\n"
                                   "G1 E-.8\n"
                                   ";LAYER_CHANGE\n"
                                   "G1 Z.4\n"
                                   "G1 X30 Y30\n"
                                   "G1 E.8\n"
                                   "G1 X30.55 Y29.99 E.1\n"
                                   "; the end\n";

} // namespace

TEST_CASE("layers begin where the slicer says so, and hold their heights, bytes and filament")
{
    for (const std::size_t slice : {1U, 7U, 4096U}) {
        const auto index = indexed(prusa, slice);
        REQUIRE(index.layers.size() == 2);
        const auto& [first, second] = std::tie(index.layers[0], index.layers[1]);
        CHECK(prusa.substr(first.begin, 13) == ";LAYER_CHANGE");
        CHECK(first.end == second.begin);
        CHECK(prusa.substr(second.begin, 13) == ";LAYER_CHANGE");
        CHECK(second.end == prusa.size());
        CHECK(first.z_mm == 0.2);
        CHECK(second.z_mm == 0.4);
        CHECK(first.filament_mm == Approx(2.7));
        CHECK(first.seconds > 0);
        CHECK(index.prelude_seconds > 0);
        CHECK(index.min_x == 10);
        CHECK(index.max_x == 30.55);
        CHECK(index.max_y == 30);
        CHECK_FALSE(index.too_many);
    }
}

TEST_CASE("without a slicer's comments layers are the heights at which the file extrudes, hops or not")
{
    const std::string_view plain = "G28\nG1 Z0.3\nG1 X10 Y0 E1\nG1 Z1\nG1 X20 Y0\nG1 Z0.3\nG1 X30 Y0 E2\n"
                                   "G1 Z0.6\nG1 X0 Y0 E3\n";
    const auto index = indexed(plain);
    REQUIRE(index.layers.size() == 2);
    CHECK(index.layers[0].z_mm == 0.3);
    CHECK(index.layers[1].z_mm == 0.6);
    const auto second = drawn(plain, 2);
    REQUIRE(second.size() == 1);
    CHECK(second[0].kind == path_kind::unknown);
    CHECK(second[0].points.front().x == 30);
    CHECK(second[0].points.back().x == 0);
}

TEST_CASE("a layer is drawn as paths by kind, tool and width, as if all before it had been read")
{
    for (const std::size_t slice : {1U, 64U}) {
        const auto first = drawn(prusa, 1, slice);
        REQUIRE(first.size() == 3);
        CHECK(first[0].kind == path_kind::travel);
        CHECK(first[0].points.front().x == 5);
        CHECK(first[1].kind == path_kind::outer_wall);
        CHECK(first[1].width_um == 450);
        REQUIRE(first[1].points.size() == 3);
        CHECK(first[1].points[2].y == 20);
        CHECK(first[2].kind == path_kind::solid);
        CHECK(first[2].points.back().x == 10);
        const auto second = drawn(prusa, 2, slice);
        REQUIRE(second.size() == 2);
        CHECK(second[0].kind == path_kind::travel);
        CHECK(second[0].points.front().y == 10);
        CHECK(second[1].kind == path_kind::solid); // the type of before still holds
        CHECK(second[1].points.back().x == 30.55);
        CHECK(second[1].points.back().y == 29.99);
    }
}

TEST_CASE("relative moves, inches and a tool change draw where they lead")
{
    const auto paths =
        drawn("G28\n;LAYER:0\nG90\nM83\nG1 X10 Y10 Z0.2\nG91\nG1 X5 E1\nG1 Y5 E1\nG90\nM83\nT1\n"
              "G20\nG1 X1 Y1 E0.1\n",
              1);
    REQUIRE(paths.size() == 3);
    CHECK(paths[1].points.back().x == 15);
    CHECK(paths[1].points.back().y == 15);
    CHECK(paths[2].tool == 1);
    CHECK(paths[2].points.back().x == 25.4);
}

TEST_CASE("an arc whose radius is out of any sense is drawn with as many points as any other, and no more")
{
    const auto paths =
        drawn("G28\n;LAYER:0\nM83\nG1 X10 Y10 Z0.2\nG2 X20 Y10 I5333333333333333333333333333 J3 E1\n", 1);
    std::size_t points = 0;
    for (const auto& one : paths)
        points += one.points.size();
    CHECK(points <= 600);
    for (const auto& one : paths)
        for (const auto& point : one.points)
            CHECK(std::abs(point.x) <= 1e7);
}

TEST_CASE("arcs are drawn near their circle, in both directions and both ways of writing them")
{
    for (const auto* arc : {"G2 X20 Y10 I5 J0 E1", "G3 X20 Y10 I5 J0 E1", "G2 X20 Y10 R5 E1",
                            "G3 X20 Y10 R5 E1", "G2 X10 Y10 I5 J0 E1"}) {
        CAPTURE(arc);
        const auto paths = drawn(std::string("G28\n;LAYER:0\nM83\nG1 X10 Y10 Z0.2\n") + arc + "\n", 1);
        REQUIRE(paths.size() == 2);
        CHECK(paths[1].points.size() > 8);
        double highest = 0, lowest = 100;
        for (const auto& at : paths[1].points) {
            CHECK(std::hypot(at.x - 15, at.y - 10) == Approx(5).margin(0.02));
            highest = std::max(highest, at.y);
            lowest = std::min(lowest, at.y);
        }
        const bool clockwise = arc[1] == '2', full = std::string(arc).find("X10") != std::string::npos;
        CHECK((highest > 14.9) == (clockwise || full));
        CHECK((lowest < 5.1) == (!clockwise || full));
    }
}

TEST_CASE("the slicers' names of what is printed become kinds")
{
    CHECK(kind_of_type("External perimeter") == path_kind::outer_wall);
    CHECK(kind_of_type("WALL-INNER") == path_kind::inner_wall);
    CHECK(kind_of_type("Sparse infill") == path_kind::infill);
    CHECK(kind_of_type(" Top surface\r") == path_kind::solid);
    CHECK(kind_of_type("SUPPORT-INTERFACE") == path_kind::support);
    CHECK(kind_of_type("Overhang wall") == path_kind::bridge);
    CHECK(kind_of_type("SKIRT") == path_kind::skirt);
    CHECK(kind_of_type("Custom") == path_kind::unknown);
    CHECK(name_of(path_kind::outer_wall) == "outer_wall");
}

TEST_CASE("a file of nothing, of noise, or of too many layers gives what there is")
{
    CHECK(indexed("").layers.empty());
    CHECK(indexed("hello\nM104 S200\n;TYPE:\n").layers.empty());
    std::string many = "G28\nM83\n";
    for (std::size_t i = 0; i < max_layers + 5; ++i)
        many += ";LAYER:" + std::to_string(i) + "\nG1 X" + std::to_string(i % 9) + " E1\n";
    const auto index = indexed(many, 65536);
    CHECK(index.layers.size() == max_layers);
    CHECK(index.too_many);
    CHECK(index.layers.back().end > index.layers.back().begin);
}
