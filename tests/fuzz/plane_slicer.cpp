// Any triangles, placed and cut into outlines: outlines have corners and no negative area, drawings are
// whole.
#include "workshop/models/stl.hpp"
#include "workshop/models/weld.hpp"
#include "workshop/slicing/layer_svg.hpp"
#include "workshop/slicing/placement.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using namespace layerline::workshop;

// Three whole numbers of a byte or two a point: points that meet are the rule, not the exception.
mesh mesh_from(const std::uint8_t*& data, std::size_t& size)
{
    mesh made;
    const auto byte = [&]() -> float {
        if (size == 0) return 0;
        --size;
        return static_cast<float>(*data++);
    };
    const auto points = static_cast<std::size_t>(byte()) % 40 + 3;
    for (std::size_t at = 0; at < points; ++at)
        made.points.push_back({byte() / 4, byte() / 4, byte() / 4});
    while (size > 2 && made.triangles.size() < 500) {
        triangle one{};
        for (auto& corner : one)
            corner = static_cast<std::uint32_t>(byte()) % static_cast<std::uint32_t>(points);
        made.triangles.push_back(one);
    }
    weld_equal(made);
    return made;
}

const nlohmann::json& plain_data()
{
    static const auto data = [] {
        nlohmann::json all{{"version", "1.0.6"},
                           {"model", nlohmann::json::array({{{"hash", "f"}}})},
                           {"regionSettings", nlohmann::json::array()},
                           {"extruders", nlohmann::json::array({nlohmann::json::object()})}};
        for (const char* section : {"fan", "bed", "raft", "infill", "support", "skirt", "movement", "bottom",
                                    "top", "retraction", "layers", "gcode"})
            all[section] = nlohmann::json::object();
        const auto read = read_slice_request(nlohmann::json{{"type", "slice"}, {"data", all}}.dump());
        if (read.has_error()) std::abort();
        return read->data;
    }();
    return data;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    auto data = plain_data();
    const auto part = [&] {
        if (size == 0) return 0.0;
        --size;
        return (static_cast<double>(*bytes++) - 128) / 41; // a little less than half a turn
    };
    auto& model = data["model"][0];
    for (const char* axis : {"x", "y", "z"})
        model["rotation"][axis] = part();
    model["finish"] = static_cast<int>((part() + 3.2) * 5000);
    data["bottom"]["cutOff"] = static_cast<int>((part() + 3.2) * 1000);
    auto read = placed(mesh_from(bytes, size), data, 0);
    if (read.has_error()) {
        if (text_of(read.error()).empty()) std::abort();
        return 0;
    }
    for (const auto& one : read->triangles)
        for (const auto corner : one)
            if (corner >= read->points.size()) std::abort();
    const auto box = extent_of(*read);
    if (box.least.z < 0) std::abort();
    std::vector<double> planes;
    for (int at = 0; at < 12; ++at)
        planes.push_back(box.most.z * at / 11);
    plane_options options;
    options.threads = 1;
    slice_at(*read, planes, options, [](std::size_t, const slice_outline& outline) {
        if (outline.area_mm2() < 0) std::abort();
        for (const auto& loop : outline.contours)
            if (loop.size() < 3) std::abort();
        const auto drawn = layer_svg(outline, 200, 200, 1);
        if (!drawn.ends_with("</svg>\n")) std::abort();
        return true;
    });
    return 0;
}
