#include "workshop/models/stl.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/number_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace layerline::workshop {

namespace {

static_assert(std::endian::native == std::endian::little); // STL's floats are

constexpr std::size_t head_bytes = 84, triangle_bytes = 50;

void add_triangle(mesh& model, const std::array<point, 3>& corners)
{
    const auto first = static_cast<std::uint32_t>(model.points.size());
    model.points.insert(model.points.end(), corners.begin(), corners.end());
    model.triangles.push_back({first, first + 1, first + 2});
}

std::uint32_t count_of(std::span<const char> bytes)
{
    std::uint32_t count = 0;
    std::memcpy(&count, bytes.data() + 80, sizeof count);
    return count;
}

model_result<mesh> read_binary(std::span<const char> bytes, const import_limits& limits)
{
    const std::size_t count = count_of(bytes);
    if (count > limits.max_triangles) return too_many(count, limits.max_triangles);
    mesh model;
    model.points.reserve(3 * count);
    model.triangles.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::array<point, 3> corners;
        static_assert(sizeof corners == 36);
        std::memcpy(corners.data(), bytes.data() + head_bytes + i * triangle_bytes + 12, sizeof corners);
        for (const auto& corner : corners)
            if (!sane(corner, limits.max_coordinate))
                return unreadable("Triangle " + std::to_string(i + 1) +
                                  " has a corner that is no number, or over a kilometre away.");
        add_triangle(model, corners);
    }
    return model;
}

// The three corners after "outer loop", up to "endfacet".
model_result<std::array<point, 3>> read_loop(model_words& words, float most)
{
    std::array<point, 3> corners;
    for (auto& corner : corners) {
        if (!same_word(words.next(), "vertex"))
            return unreadable("Line " + words.line() +
                              ": a triangle needs three lines that begin with \"vertex\".");
        for (float* const value : {&corner.x, &corner.y, &corner.z}) {
            const auto read = number_in(words.next());
            if (!read) return unreadable("Line " + words.line() + ": a coordinate is no number.");
            *value = *read;
        }
        if (!sane(corner, most))
            return unreadable("Line " + words.line() + ": a corner is no number, or over a kilometre away.");
    }
    if (!same_word(words.next(), "endloop") || !same_word(words.next(), "endfacet"))
        return unreadable("Line " + words.line() + ": a triangle ends with \"endloop\" and \"endfacet\".");
    return corners;
}

model_result<mesh> read_ascii(std::string_view text, const import_limits& limits)
{
    model_words words(text);
    mesh model;
    words.next();      // solid
    words.skip_line(); // its name
    for (;;) {
        const auto word = words.next();
        if (word.empty())
            return unreadable("Line " + words.line() +
                              ": the file ends before \"endsolid\"; it may be cut off.");
        if (same_word(word, "endsolid")) {
            words.skip_line();
            if (words.next().empty()) break;
            words.skip_line(); // one more solid follows
            continue;
        }
        if (!same_word(word, "facet"))
            return unreadable("Line " + words.line() + ": \"facet\" or \"endsolid\" was expected.");
        words.next(); // "normal" and its three numbers, which are often wrong: computed where they are needed
        for (int i = 0; i < 3; ++i)
            words.next();
        if (!same_word(words.next(), "outer") || !same_word(words.next(), "loop"))
            return unreadable("Line " + words.line() + ": \"outer loop\" was expected.");
        auto corners = read_loop(words, limits.max_coordinate);
        if (corners.has_error()) return std::move(corners).error();
        if (model.triangles.size() == limits.max_triangles)
            return too_many(limits.max_triangles + 1, limits.max_triangles);
        add_triangle(model, *corners);
    }
    return model;
}

vector3 unit_normal(const mesh& model, const triangle& one)
{
    const auto& origin = model.points[one[0]];
    auto normal = cross(difference(model.points[one[1]], origin), difference(model.points[one[2]], origin));
    const auto length = std::sqrt(dot(normal, normal));
    if (!(length > 0)) return {};
    return {normal.x / length, normal.y / length, normal.z / length};
}

} // namespace

bool is_binary_stl(std::span<const char> bytes)
{
    return bytes.size() >= head_bytes &&
           bytes.size() == head_bytes + triangle_bytes * std::size_t{count_of(bytes)};
}

model_result<mesh> read_stl(std::span<const char> bytes, const import_limits& limits)
{
    if (bytes.empty()) return model_failure{model_errc::file_empty, {}};
    const bool holds_count = bytes.size() >= head_bytes;
    const auto text = std::string_view(bytes.data(), bytes.size());
    const auto expected = holds_count ? head_bytes + triangle_bytes * std::size_t{count_of(bytes)} : 0;
    auto read = [&]() -> model_result<mesh> {
        if (is_binary_stl(bytes)) return read_binary(bytes, limits);
        if (same_word(text.substr(0, 5), "solid") && text.find("facet") != std::string_view::npos)
            return read_ascii(text, limits);
        // Some programs add a few bytes at the end; fewer than announced are a file that was cut off.
        if (holds_count && bytes.size() > expected && expected > head_bytes)
            return read_binary(bytes, limits);
        if (holds_count)
            return unreadable("The file says that it has " + std::to_string(count_of(bytes)) +
                              " triangles, which take " + std::to_string(expected) + " bytes; it has " +
                              std::to_string(bytes.size()) + ". It may be cut off, or no STL.");
        return unreadable("The file is too short for an STL.");
    }();
    if (read.has_value() && read->triangles.empty()) return unreadable("The file has no triangles.");
    return read;
}

std::string binary_stl(const mesh& model)
{
    std::string out(head_bytes + triangle_bytes * model.triangles.size(), '\0');
    constexpr std::string_view by = "Layerline";
    std::copy(by.begin(), by.end(), out.begin());
    const auto count = static_cast<std::uint32_t>(model.triangles.size());
    std::memcpy(out.data() + 80, &count, sizeof count);
    auto* at = out.data() + head_bytes;
    for (const auto& one : model.triangles) {
        const auto normal = unit_normal(model, one);
        const std::array<point, 4> row{
            point{static_cast<float>(normal.x), static_cast<float>(normal.y), static_cast<float>(normal.z)},
            model.points[one[0]], model.points[one[1]], model.points[one[2]]};
        std::memcpy(at, row.data(), sizeof row);
        at += triangle_bytes;
    }
    return out;
}

std::string ascii_stl(const mesh& model, std::string_view name)
{
    std::string out = "solid ";
    std::transform(name.begin(), name.end(), std::back_inserter(out),
                   [](char c) { return c >= ' ' && c <= '~' ? c : '_'; });
    const auto put = [&out](const char* before, double x, double y, double z) {
        out += before;
        for (const auto value : {x, y, z})
            append_number(out += ' ', value);
        out += '\n';
    };
    out += '\n';
    for (const auto& one : model.triangles) {
        const auto normal = unit_normal(model, one);
        put(" facet normal", normal.x, normal.y, normal.z);
        out += "  outer loop\n";
        for (const auto corner : one)
            put("   vertex", model.points[corner].x, model.points[corner].y, model.points[corner].z);
        out += "  endloop\n endfacet\n";
    }
    out += "endsolid\n";
    return out;
}

} // namespace layerline::workshop
