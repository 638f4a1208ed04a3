#include "workshop/models/obj.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/number_text.hpp"
#include "workshop/models/polygon.hpp"

#include <algorithm>
#include <array>

namespace layerline::workshop {

namespace {

constexpr std::array<std::string_view, 13> words_of_format{"v", "vt", "vn", "vp",     "f",      "g",     "o",
                                                           "s", "l",  "p",  "mtllib", "usemtl", "cstype"};
constexpr std::size_t lines_looked_at = 16;
constexpr std::size_t most_corners = 100'000; // of one face

model_result<point> read_point(model_words& words, float most)
{
    point at;
    for (float* const value : {&at.x, &at.y, &at.z}) {
        const auto read = number_in(words.next_in_line());
        if (!read) return unreadable("Line " + words.line() + ": a point needs three numbers.");
        *value = *read;
    }
    if (!sane(at, most))
        return unreadable("Line " + words.line() + ": a point is no number, or over a kilometre away.");
    words.skip_line(); // a weight, a colour
    return at;
}

// The corners of a face: "7", "7/1", "7//3", "-1".
model_result<std::vector<std::uint32_t>> read_face(model_words& words, std::size_t points)
{
    std::vector<std::uint32_t> corners;
    for (auto word = words.next_in_line(); !word.empty(); word = words.next_in_line()) {
        const auto told = whole_in(word.substr(0, word.find('/')));
        const auto count = static_cast<std::int64_t>(points);
        const auto at = !told                          ? -1
                        : *told > 0                    ? *told - 1
                        : *told < 0 && *told >= -count ? count + *told
                                                       : -1;
        if (at < 0 || at >= count)
            return unreadable("Line " + words.line() + ": a corner is none of the " + std::to_string(points) +
                              " points before it.");
        if (corners.size() == most_corners)
            return unreadable("Line " + words.line() + ": a face has over " + std::to_string(most_corners) +
                              " corners.");
        corners.push_back(static_cast<std::uint32_t>(at));
    }
    if (corners.size() < 3) return unreadable("Line " + words.line() + ": a face needs three corners.");
    return corners;
}

} // namespace

bool looks_like_obj(std::string_view text)
{
    model_words words(text, '#');
    for (std::size_t line = 0; line < lines_looked_at; ++line) {
        const auto word = words.next();
        if (word.empty()) return line > 0;
        if (std::find(words_of_format.begin(), words_of_format.end(), word) == words_of_format.end())
            return false;
        while (!words.next_in_line().empty()) {
        } // a line may go on in the next
    }
    return true;
}

model_result<mesh> read_obj(std::string_view text, const import_limits& limits)
{
    model_words words(text, '#');
    mesh model;
    for (auto word = words.next(); !word.empty(); word = words.next()) {
        if (word == "v") {
            const auto at = read_point(words, limits.max_coordinate);
            if (at.has_error()) return at.error();
            if (model.points.size() == 3 * limits.max_triangles)
                return model_failure{model_errc::not_convertible,
                                     "Line " + words.line() + ": the model has over " +
                                         std::to_string(3 * limits.max_triangles) + " points."};
            model.points.push_back(*at);
        } else if (word == "f") {
            const auto corners = read_face(words, model.points.size());
            if (corners.has_error()) return corners.error();
            if (model.triangles.size() + corners->size() - 2 > limits.max_triangles)
                return too_many(model.triangles.size() + corners->size() - 2, limits.max_triangles);
            add_polygon(model, *corners);
        } else {
            words.skip_line();
        }
    }
    if (model.triangles.empty()) return unreadable("The file has no faces.");
    return model;
}

std::string write_obj(const mesh& model)
{
    std::string out = "# Layerline, mm\n";
    for (const auto& at : model.points) {
        out += 'v';
        for (const auto value : {at.x, at.y, at.z})
            append_number(out += ' ', value);
        out += '\n';
    }
    for (const auto& one : model.triangles) {
        out += 'f';
        for (const auto corner : one)
            out += ' ' + std::to_string(corner + 1);
        out += '\n';
    }
    return out;
}

} // namespace layerline::workshop
