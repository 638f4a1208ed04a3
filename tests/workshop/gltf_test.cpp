// glTF: hand-made files, each with what it says in other words; and an independent reader.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/gltf.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/models/model_format.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

using namespace layerline::workshop;
using nlohmann::json;

namespace {

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers)
{
    std::string all(numbers.size() * sizeof(Number), '\0');
    std::memcpy(all.data(), numbers.data(), all.size());
    return all;
}

std::string word(std::uint32_t value)
{
    return bytes_of<std::uint32_t>({value});
}

std::string base64(const std::string& bytes)
{
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? letters[bits >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

std::string glb(const json& document, std::string binary)
{
    auto text = document.dump();
    text.resize((text.size() + 3) / 4 * 4, ' ');
    binary.resize((binary.size() + 3) / 4 * 4);
    const auto size = 12 + 8 + text.size() + 8 + binary.size();
    return "glTF" + word(2) + word(static_cast<std::uint32_t>(size)) +
           word(static_cast<std::uint32_t>(text.size())) + word(0x4E4F534A) + text +
           word(static_cast<std::uint32_t>(binary.size())) + word(0x004E4942) + binary;
}

std::string embedded(json document, const std::string& binary)
{
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64(binary);
    return document.dump();
}

// A tetrahedron of 6 mm with its corner at the origin; glTF's Y is up.
const std::vector<float> corners{0, 0, 0, 0.006F, 0, 0, 0, 0.006F, 0, 0, 0, 0.006F};
const std::vector<std::uint16_t> faces{0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3};
const std::string binary = bytes_of(corners) + bytes_of(faces);

json tetrahedron()
{
    return json::parse(R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1}]}],
        "buffers":[{"byteLength":72}],
        "bufferViews":[{"buffer":0,"byteLength":48},{"buffer":0,"byteOffset":48,"byteLength":24}],
        "accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"},
                     {"bufferView":1,"componentType":5123,"count":12,"type":"SCALAR"}]})");
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

bool says(const json& document, const std::string& words, model_errc code = model_errc::not_a_model,
          const std::string& data = binary)
{
    const auto read = read_model(glb(document, data));
    if (!read.has_error()) return false;
    UNSCOPED_INFO(text_of(read.error()));
    return read.error().code == code && text_of(read.error()).find(words) != std::string::npos;
}

json changed(const std::string& pointer, json value)
{
    auto document = tetrahedron();
    document[json::json_pointer(pointer)] = std::move(value);
    return document;
}

} // namespace

TEST_CASE("glTF is read in metres and with Y upward, binary and embedded", "[gltf]")
{
    for (const auto& bytes : {glb(tetrahedron(), binary), embedded(tetrahedron(), binary)}) {
        const auto found = read_well(bytes);
        CHECK(found.triangles == 4);
        CHECK(found.watertight());
        CHECK(found.inverted == 0);
        CHECK(found.volume_mm3 == Approx(36));
        CHECK(found.most.x == Approx(6));
        CHECK(found.least.y == Approx(-6)); // its Z
        CHECK(found.most.y == Approx(0).margin(1e-6));
        CHECK(found.most.z == Approx(6)); // its Y
    }
}

TEST_CASE("what is written as GLB is read again to the last bit", "[gltf]")
{
    for (const auto& [name, shape] : shapes::many()) {
        INFO(name);
        const auto again = read_model(*exported(shape, "GLB"));
        REQUIRE(again.has_value());
        CHECK((again->points == shape.points));
        CHECK((again->triangles == shape.triangles));
    }
}

TEST_CASE("nodes of glTF turn, scale and move what is below them, and mirrored surfaces look outward",
          "[gltf]")
{
    auto document = tetrahedron();
    document["scenes"][0]["nodes"] = {0};
    document["nodes"] = json::parse(R"([
        {"children":[1,2,3],"translation":[0,1,0]},
        {"mesh":0,"rotation":[0,0,0.70710678,0.70710678],"scale":[2,1,1]},
        {"mesh":0,"scale":[-1,1,1],"translation":[-0.1,0,0]},
        {"mesh":0,"matrix":[1,0,0,0, 0,1,0,0, 0,0,1,0, 0.5,0,0,1]}])");
    const auto found = read_well(glb(document, binary));
    CHECK(found.shells == 3);
    CHECK(found.inverted == 0);
    CHECK(found.volume_mm3 == Approx(36 * 2 + 36 + 36));
    CHECK(found.least.x == Approx(-106));
    CHECK(found.most.x == Approx(506));
    CHECK(found.least.z == Approx(1000));
    CHECK(found.most.z == Approx(1012)); // X, twice as long, turned to Y
    document.erase("scenes");
    document.erase("scene");
    CHECK(read_well(glb(document, binary)).shells == 3); // then all nodes are shown, children once
}

TEST_CASE("strips, fans and triangles without indices of glTF look the same way", "[gltf]")
{
    // A closed tetrahedron as a strip: 0 1 2 3 0 1 has four triangles of which every other one is turned.
    const auto run = [](int mode, const std::vector<std::uint16_t>& order) {
        auto document = tetrahedron();
        document["meshes"][0]["primitives"][0]["mode"] = mode;
        document["accessors"][1]["count"] = order.size();
        document["bufferViews"][1]["byteLength"] = 2 * order.size();
        document["buffers"][0]["byteLength"] = 48 + 2 * order.size();
        return read_well(glb(document, bytes_of(corners) + bytes_of(order)));
    };
    const auto strip = run(5, {0, 2, 1, 3, 0, 2});
    CHECK(strip.triangles == 4);
    CHECK(strip.flipped_edges == 0);
    CHECK(strip.volume_mm3 == Approx(36));
    CHECK(run(5, {0, 2, 1, 1, 3, 3, 0, 2}).degenerate == 0); // corners that only join are no triangles
    const auto fan = run(6, {0, 2, 1, 3, 2});
    CHECK(fan.triangles == 3);
    CHECK(fan.flipped_edges == 0);
    CHECK(fan.open_edges == 3);

    auto document = tetrahedron();
    document["meshes"][0]["primitives"][0].erase("indices");
    document["accessors"][0]["count"] = 12;
    document["bufferViews"][0]["byteLength"] = 144;
    document["buffers"][0]["byteLength"] = 144;
    std::vector<float> unindexed;
    for (const auto corner : faces)
        unindexed.insert(unindexed.end(),
                         {corners[3U * corner], corners[3U * corner + 1], corners[3U * corner + 2]});
    CHECK(read_well(glb(document, bytes_of(unindexed))).volume_mm3 == Approx(36));

    // Lines and points beside them are left out.
    auto lines = tetrahedron();
    lines["meshes"][0]["primitives"].push_back({{"attributes", {{"POSITION", 0}}}, {"mode", 1}});
    CHECK(read_well(glb(lines, binary)).triangles == 4);
    lines["meshes"][0]["primitives"].erase(0);
    CHECK(says(lines, "no triangle"));
}

TEST_CASE("glTF's accessors may be interleaved, sparse, quantised or without bytes", "[gltf]")
{
    auto strided = tetrahedron();
    strided["bufferViews"][0] = {{"buffer", 0}, {"byteLength", 60}, {"byteStride", 16}};
    strided["bufferViews"][1]["byteOffset"] = 64;
    strided["buffers"][0]["byteLength"] = 88;
    std::string interleaved;
    for (std::size_t i = 0; i < 4; ++i)
        interleaved += bytes_of(corners).substr(12 * i, 12) + "aaaa";
    CHECK(read_well(glb(strided, interleaved + bytes_of(faces))).volume_mm3 == Approx(36));
    strided["bufferViews"][0]["byteLength"] = 59;
    CHECK(says(strided, "past the end", model_errc::not_a_model, interleaved + bytes_of(faces)));

    // All points 0 but those that are told.
    auto sparse = tetrahedron();
    sparse["buffers"][0]["byteLength"] = 24 + 4 + 36;
    sparse["bufferViews"] =
        json::parse(R"([{"buffer":0,"byteLength":24},{"buffer":0,"byteOffset":24,"byteLength":3},
        {"buffer":0,"byteOffset":28,"byteLength":36}])");
    sparse["accessors"][0].erase("bufferView");
    sparse["accessors"][0]["sparse"] = json::parse(
        R"({"count":3,"indices":{"bufferView":1,"componentType":5121},"values":{"bufferView":2}})");
    sparse["accessors"][1]["bufferView"] = 0;
    const auto data = bytes_of(faces) + std::string("\1\2\3\0", 4) + bytes_of(corners).substr(12);
    CHECK(read_well(glb(sparse, data)).volume_mm3 == Approx(36));
    auto outside = data;
    outside[26] = 4;
    CHECK(says(sparse, "does not have", model_errc::not_a_model, outside));
    sparse["accessors"][0]["sparse"]["count"] = 5;
    CHECK(says(sparse, "sparse.count", model_errc::not_a_model, data));

    auto small = tetrahedron();
    small["extensionsRequired"] = {"KHR_mesh_quantization"};
    small["nodes"][0]["scale"] = {0.006, 0.006, 0.006};
    small["accessors"][0]["componentType"] = 5122;
    small["accessors"][0]["normalized"] = true;
    small["bufferViews"][0] = {{"buffer", 0}, {"byteLength", 32}, {"byteStride", 8}};
    small["bufferViews"][1]["byteOffset"] = 32;
    small["buffers"][0]["byteLength"] = 56;
    const std::vector<std::int16_t> steps{0, 0, 0, 0, 32767, 0, 0, 0, 0, 32767, 0, 0, 0, 0, 32767, 0};
    CHECK(read_well(glb(small, bytes_of(steps) + bytes_of(faces))).volume_mm3 == Approx(36));
}

TEST_CASE("what is wrong with a glTF file is told with its place", "[gltf]")
{
    CHECK(says(changed("/accessors/0/count", 5), "accessors[0] reaches past the end of bufferViews[0]"));
    CHECK(
        says(changed("/accessors/0/count", std::uint64_t{1} << 62U), "at most", model_errc::not_convertible));
    CHECK(says(changed("/accessors/0/count", -4), "accessors[0].count"));
    CHECK(says(changed("/accessors/0/byteOffset", 8), "past the end"));
    CHECK(says(changed("/accessors/0/byteOffset", UINT64_MAX), "past the end"));
    CHECK(says(changed("/accessors/0/componentType", 7), "componentType"));
    CHECK(says(changed("/accessors/0/type", "VEC2"), "type VEC3"));
    CHECK(says(changed("/accessors/1/componentType", 5122), "holds no indices"));
    CHECK(says(changed("/bufferViews/0/byteLength", 1000), "bufferViews[0] reaches past"));
    CHECK(says(changed("/bufferViews/0/byteOffset", UINT64_MAX - 4), "bufferViews[0] reaches past"));
    CHECK(says(changed("/bufferViews/0/byteStride", 4), "byteStride"));
    CHECK(says(changed("/bufferViews/0/byteStride", std::uint64_t{1} << 60U), "byteStride"));
    CHECK(says(changed("/bufferViews/0/buffer", 1), "names no buffer"));
    CHECK(says(changed("/buffers/0/byteLength", 100), "buffers[0] says"));
    CHECK(says(changed("/buffers/0/uri", "part.bin"), "another file"));
    CHECK(says(changed("/buffers/0/uri", "data:;base64,%%%"), "no base64"));
    CHECK(says(changed("/meshes/0/primitives/0/indices", 9), "accessors[9]"));
    CHECK(says(changed("/meshes/0/primitives/0/mode", 7), "mode"));
    CHECK(says(changed("/nodes/0/mesh", 3), "meshes[3]"));
    CHECK(says(changed("/nodes/0/children", {0}), "twice"));
    CHECK(says(changed("/nodes/0/children", {4}), "nodes[4]"));
    CHECK(says(changed("/nodes/0/skin", 0), "skeleton"));
    CHECK(says(changed("/meshes/0/weights", {0, 0.5}), "weights"));
    CHECK(says(changed("/nodes/0/rotation", {0, 0, 0, 0}), "quaternion"));
    CHECK(says(changed("/nodes/0/matrix", {1, 2}), "16 numbers"));
    CHECK(says(changed("/nodes/0/scale", {1e300, 1, 1}), "kilometre"));
    CHECK(says(changed("/scene", 2), "scenes[2]"));
    CHECK(says(changed("/asset/version", "1.0"), "glTF 1.0"));
    CHECK(says(changed("/asset", 3), "no version"));
    CHECK(says(changed("/extensionsRequired", {"KHR_draco_mesh_compression"}), "KHR_draco_mesh_compression",
               model_errc::not_convertible));
    auto infinite = corners;
    infinite[4] = std::numeric_limits<float>::infinity();
    CHECK(says(tetrahedron(), "accessors[0], entry 1", model_errc::not_a_model,
               bytes_of(infinite) + bytes_of(faces)));
    auto outside = faces;
    outside[5] = 4;
    CHECK(says(tetrahedron(), "corner 4", model_errc::not_a_model, bytes_of(corners) + bytes_of(outside)));
    CHECK(read_model(std::string(1000, '{')).error().code == model_errc::not_a_model);
    CHECK(read_model("{\"asset\":" + std::string(1000, '[')).error().detail.find("deep") !=
          std::string::npos);
    CHECK(read_gltf(glb(tetrahedron(), binary), {}, {10, 64}).error().code == model_errc::not_convertible);
    CHECK(read_model(glb(tetrahedron(), binary), {3, 1e6F}).error().code == model_errc::not_convertible);
}

TEST_CASE("many nodes and primitives that share what they show are refused once it is too much", "[gltf]")
{
    auto document = tetrahedron();
    for (int i = 1; i < 1000; ++i) {
        document["nodes"].push_back({{"mesh", 0}});
        document["scenes"][0]["nodes"].push_back(i);
    }
    CHECK(read_well(glb(document, binary)).triangles == 4000);
    CHECK(read_model(glb(document, binary), {3999, 1e6F}).error().code == model_errc::not_convertible);
    auto strips = tetrahedron();
    strips["accessors"][1].erase("bufferView"); // 12 zeros: a strip without one triangle
    for (int i = 0; i < 1000; ++i)
        strips["meshes"][0]["primitives"].push_back(
            {{"attributes", {{"POSITION", 0}}}, {"indices", 1}, {"mode", 5}});
    CHECK(read_model(glb(strips, binary), {100, 1e6F}).error().code == model_errc::not_convertible);
}

TEST_CASE("assimp reads what is written as GLB, and what it writes is read, with the same size", "[gltf]")
{
    if (std::system("command -v assimp >/dev/null 2>&1") != 0) return; // NOLINT(concurrency-mt-unsafe)
    std::string folder = "/tmp/gltf_test.XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const auto converted = [&folder](const std::string& from, const std::string& to, const std::string& how) {
        const auto command =
            "cd " + folder + " && assimp export " + from + " " + to + " " + how + " >log 2>&1";
        return std::system(command.c_str()) == 0; // NOLINT(concurrency-mt-unsafe)
    };
    REQUIRE(write_model_file(folder + "/part.glb", *exported(shapes::box(10, 20, 30), "glb")).has_value());
    REQUIRE(converted("part.glb", "again.obj", "-ptv"));
    const auto again = load_model(folder + "/again.obj", "m", 1'000'000); // it tells no unit: metres
    REQUIRE(again.has_value());
    const auto theirs = analyse(*again);
    CHECK(theirs.triangles == 12);
    CHECK(theirs.watertight());
    CHECK(theirs.volume_mm3 == Approx(6000).epsilon(1e-4));
    CHECK(theirs.most.x - theirs.least.x == Approx(10).epsilon(1e-4));
    CHECK(theirs.most.y - theirs.least.y == Approx(30).epsilon(1e-4)); // Y is up

    REQUIRE(converted("again.obj", "theirs.glb", "-fglb2"));
    const auto ours = load_model(folder + "/theirs.glb", "inch", 1'000'000); // which does not count
    REQUIRE(ours.has_value());
    const auto found = analyse(*ours);
    CHECK(found.triangles == 12);
    CHECK(found.watertight());
    CHECK(found.volume_mm3 == Approx(6000).epsilon(1e-4));
    CHECK(found.most.z - found.least.z == Approx(30).epsilon(1e-4));
    std::filesystem::remove_all(folder);
}
