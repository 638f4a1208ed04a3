#include "workshop/models/wall_thickness.hpp"

#include "workshop/models/stl.hpp"

#include <array>
#include <cstring>

namespace layerline::workshop {

namespace {

using colour = std::array<std::uint8_t, 3>;
constexpr std::array<colour, 4> colours{colour{176, 176, 176}, colour{255, 208, 0}, colour{224, 0, 0},
                                        colour{0, 96, 255}};

colour colour_of(wall_mark mark)
{
    return colours.at(static_cast<std::size_t>(mark));
}

template <class Number>
void append(std::string& to, Number value)
{
    std::array<char, sizeof value> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    to.append(bytes.data(), bytes.size());
}

} // namespace

std::string marked_stl(const mesh& model, const std::vector<wall_mark>& marks)
{
    auto bytes = binary_stl(model);
    constexpr std::size_t head = 84, row = 50, colour_at = 48;
    for (std::size_t t = 0; t < marks.size(); ++t) {
        const auto [red, green, blue] = colour_of(marks[t]);
        const auto word =
            static_cast<std::uint16_t>(0x8000U | (red >> 3U) << 10U | (green >> 3U) << 5U | blue >> 3U);
        std::memcpy(bytes.data() + head + t * row + colour_at, &word, sizeof word);
    }
    return bytes;
}

std::string marked_ply(const mesh& model, const std::vector<wall_mark>& marks)
{
    auto out = "ply\nformat binary_little_endian 1.0\ncomment Layerline: wall thickness\nelement vertex " +
               std::to_string(model.points.size()) +
               "\nproperty float x\nproperty float y\nproperty float z\nelement face " +
               std::to_string(model.triangles.size()) +
               "\nproperty list uchar int vertex_indices\nproperty uchar red\nproperty uchar green\n"
               "property uchar blue\nend_header\n";
    out.reserve(out.size() + 12 * model.points.size() + 16 * model.triangles.size());
    for (const auto& at : model.points)
        for (const auto value : {at.x, at.y, at.z})
            append(out, value);
    for (std::size_t t = 0; t < model.triangles.size(); ++t) {
        out.push_back(3);
        for (const auto corner : model.triangles[t])
            append(out, static_cast<std::int32_t>(corner));
        for (const auto part : colour_of(marks[t]))
            append(out, part);
    }
    return out;
}

} // namespace layerline::workshop
