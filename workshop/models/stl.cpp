#include "workshop/models/stl.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/number_text.hpp"
#include "workshop/models/shares.hpp"
#include "workshop/models/weld.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

static_assert(std::endian::native == std::endian::little); // STL's floats are

constexpr std::size_t triangles_a_share = 4096; // some 200 KB

void add_triangle(mesh& model, const std::array<point, 3>& corners)
{
    const auto first = static_cast<std::uint32_t>(model.points.size());
    model.points.insert(model.points.end(), corners.begin(), corners.end());
    model.triangles.push_back({first, first + 1, first + 2});
}

std::uint32_t count_of(std::span<const char> head)
{
    std::uint32_t count = 0;
    std::memcpy(&count, head.data() + 80, sizeof count);
    return count;
}

// Puts the corners of the triangles in `rows`, one after the other, at `into`. How many triangles were sound.
std::size_t take_corners(std::span<const char> rows, point* into, const import_limits& limits)
{
    const auto count = rows.size() / stl_triangle_bytes;
    for (std::size_t t = 0; t < count; ++t) {
        std::array<point, 3> corners;
        static_assert(sizeof corners == 36);
        std::memcpy(corners.data(), rows.data() + t * stl_triangle_bytes + 12, sizeof corners);
        for (const auto& corner : corners) {
            if (!sane(corner, limits.max_coordinate)) return t;
            *into++ = corner;
        }
    }
    return count;
}

// `rows` gives the bytes of the triangles from `first` to `end`, for the thread of that number; none if they
// cannot be had.
template <class Rows>
model_result<mesh> read_rows(std::size_t count, const import_limits& limits, unsigned threads, Rows&& rows)
{
    if (count > limits.max_triangles) return too_many(count, limits.max_triangles);
    mesh model;
    model.points.resize(3 * count);
    model.triangles.resize(count);
    std::atomic<std::size_t> wrong{count}; // the first triangle that is
    std::atomic<bool> cut{false};
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end, unsigned worker) {
        const std::span<const char> from = rows(first, end, worker);
        if (from.empty()) cut = true;
        const auto sound = first + take_corners(from, model.points.data() + 3 * first, limits);
        if (sound < end)
            for (auto known = wrong.load(); sound < known && !wrong.compare_exchange_weak(known, sound);) {
            }
        for (auto t = static_cast<std::uint32_t>(first); t < end; ++t)
            model.triangles[t] = {3 * t, 3 * t + 1, 3 * t + 2};
    });
    if (cut) return unreadable("The file cannot be read to its end; it may have become shorter.");
    if (wrong < count)
        return unreadable("Triangle " + std::to_string(wrong + 1) +
                          " has a corner that is no number, or over a kilometre away.");
    return model;
}

model_result<mesh> read_binary(std::span<const char> bytes, const import_limits& limits)
{
    return read_rows(count_of(bytes), limits, 0, [bytes](std::size_t first, std::size_t end, unsigned) {
        return bytes.subspan(stl_head_bytes + first * stl_triangle_bytes, (end - first) * stl_triangle_bytes);
    });
}

// A file's rows, in memory of each thread's own.
class row_reader {
public:
    row_reader(const bytes_at& read, std::size_t count, unsigned threads)
        : read_(read), share_bytes_(std::min(triangles_a_share, count) * stl_triangle_bytes),
          buffers_(meant(threads) * share_bytes_)
    {
    }
    std::span<const char> operator()(std::size_t first, std::size_t end, unsigned worker)
    {
        const std::span into(buffers_.data() + worker * share_bytes_, (end - first) * stl_triangle_bytes);
        if (!read_(stl_head_bytes + first * stl_triangle_bytes, into)) return {};
        return into;
    }

private:
    const bytes_at& read_;
    std::size_t share_bytes_;
    std::vector<char> buffers_;
};

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
    return is_binary_stl(bytes, bytes.size());
}

bool is_binary_stl(std::span<const char> head, std::uint64_t file_bytes)
{
    return head.size() >= stl_head_bytes &&
           file_bytes == stl_head_bytes + stl_triangle_bytes * std::uint64_t{count_of(head)};
}

model_result<mesh> read_stl(std::span<const char> bytes, const import_limits& limits)
{
    if (bytes.empty()) return model_failure{model_errc::file_empty, {}};
    const bool holds_count = bytes.size() >= stl_head_bytes;
    const auto text = std::string_view(bytes.data(), bytes.size());
    const auto expected =
        holds_count ? stl_head_bytes + stl_triangle_bytes * std::size_t{count_of(bytes)} : 0;
    auto read = [&]() -> model_result<mesh> {
        if (is_binary_stl(bytes)) return read_binary(bytes, limits);
        if (same_word(text.substr(0, 5), "solid") && text.find("facet") != std::string_view::npos)
            return read_ascii(text, limits);
        // Some programs add a few bytes at the end; fewer than announced are a file that was cut off.
        if (holds_count && bytes.size() > expected && expected > stl_head_bytes)
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

model_result<mesh> read_binary_stl(std::span<const char> head, const bytes_at& read,
                                   const import_limits& limits, unsigned threads)
{
    const auto count = count_of(head);
    if (count == 0) return unreadable("The file has no triangles.");
    row_reader rows(read, count, threads);
    return read_rows(count, limits, threads, rows);
}

std::optional<mesh> welded_binary_stl(std::span<const char> head, const bytes_at& read,
                                      const import_limits& limits, unsigned threads)
{
    const auto count = count_of(head);
    if (count == 0 || count > limits.max_triangles) return std::nullopt;
    row_reader rows(read, count, threads);
    const auto most = std::min<std::size_t>(triangles_a_share, count);
    std::vector<point> corners(3 * most * meant(threads));
    const auto checked = [&](std::size_t first, std::size_t end, unsigned worker) {
        auto* const into = corners.data() + 3 * most * worker;
        const bool sound = take_corners(rows(first, end, worker), into, limits) == end - first;
        return std::span<const point>(into, sound ? 3 * (end - first) : 0);
    };
    mesh model;
    if (!weld_corners(model, count, triangles_a_share, threads, checked)) return std::nullopt;
    return model;
}

std::array<char, stl_head_bytes> binary_stl_head(std::size_t triangles)
{
    std::array<char, stl_head_bytes> head{};
    constexpr std::string_view by = "Layerline";
    std::copy(by.begin(), by.end(), head.begin());
    const auto count = static_cast<std::uint32_t>(triangles);
    std::memcpy(head.data() + 80, &count, sizeof count);
    return head;
}

void put_binary_stl(const mesh& model, std::size_t first, std::span<char> out)
{
    for (auto t = first; !out.empty(); ++t, out = out.subspan(stl_triangle_bytes)) {
        const auto& one = model.triangles[t];
        const auto normal = unit_normal(model, one);
        const std::array<point, 4> row{
            point{static_cast<float>(normal.x), static_cast<float>(normal.y), static_cast<float>(normal.z)},
            model.points[one[0]], model.points[one[1]], model.points[one[2]]};
        std::memcpy(out.data(), row.data(), sizeof row);
        out[48] = out[49] = 0;
    }
}

std::string binary_stl(const mesh& model)
{
    std::string out(stl_head_bytes + stl_triangle_bytes * model.triangles.size(), '\0');
    const auto head = binary_stl_head(model.triangles.size());
    std::copy(head.begin(), head.end(), out.begin());
    put_binary_stl(model, 0, std::span(out).subspan(stl_head_bytes));
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
