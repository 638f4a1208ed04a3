#include "workshop/models/off.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/number_text.hpp"
#include "workshop/models/polygon.hpp"

namespace layerline::workshop {

namespace {

constexpr std::int64_t most_corners = 100'000; // of one face

// "OFF" behind any of ST, C and N, each once, in this order.
bool is_title(std::string_view word)
{
    for (const std::string_view part : {"ST", "C", "N"})
        if (word.starts_with(part)) word.remove_prefix(part.size());
    return word == "OFF";
}

// How many of these are announced: at most what the rest of the file could hold, two bytes each.
model_result<std::size_t> read_count(model_words& words, const char* what)
{
    const auto told = whole_in(words.next());
    if (!told || *told < 0)
        return unreadable("Line " + words.line() + ": the number of " + what + " was expected.");
    if (static_cast<std::uint64_t>(*told) > words.left() / 2 + 1)
        return unreadable("Line " + words.line() + ": " + std::to_string(*told) + " " + what +
                          " are announced, more than the file can hold. It may be cut off.");
    return static_cast<std::size_t>(*told);
}

model_result<void> read_face(model_words& words, mesh& model, std::size_t most)
{
    const auto count = whole_in(words.next());
    if (!count || *count < 1 || *count > most_corners)
        return unreadable("Line " + words.line() + ": the number of a face's corners was expected.");
    std::vector<std::uint32_t> corners;
    for (std::int64_t i = 0; i < *count; ++i) {
        const auto at = whole_in(words.next());
        if (!at || *at < 0 || static_cast<std::uint64_t>(*at) >= model.points.size())
            return unreadable("Line " + words.line() + ": a corner is none of the " +
                              std::to_string(model.points.size()) + " points.");
        corners.push_back(static_cast<std::uint32_t>(*at));
    }
    words.skip_line(); // its colour
    if (corners.size() < 3) return {};
    if (model.triangles.size() + corners.size() - 2 > most)
        return too_many(model.triangles.size() + corners.size() - 2, most);
    add_polygon(model, corners);
    return {};
}

} // namespace

bool looks_like_off(std::string_view text)
{
    model_words words(text, '#');
    return is_title(words.next());
}

model_result<mesh> read_off(std::string_view text, const import_limits& limits)
{
    model_words words(text, '#');
    const auto title = words.next();
    if (!is_title(title)) return unreadable("Line " + words.line() + ": \"OFF\" was expected.");
    const auto points = read_count(words, "points");
    if (points.has_error()) return points.error();
    const auto faces = read_count(words, "faces");
    if (faces.has_error()) return faces.error();
    if (*points > 3 * limits.max_triangles || *faces > limits.max_triangles)
        return too_many(*faces, limits.max_triangles);
    words.skip_line(); // the number of edges, which many leave out
    mesh model;
    for (std::size_t i = 0; i < *points; ++i) {
        point at;
        for (float* const value : {&at.x, &at.y, &at.z}) {
            const auto read = number_in(words.next());
            if (!read)
                return unreadable("Line " + words.line() + ": point " + std::to_string(i + 1) + " of " +
                                  std::to_string(*points) + " needs three numbers.");
            *value = *read;
        }
        if (!sane(at, limits.max_coordinate))
            return unreadable("Line " + words.line() + ": a point is no number, or over a kilometre away.");
        model.points.push_back(at);
        if (title != "OFF") words.skip_line(); // its normal, its colour
    }
    for (std::size_t i = 0; i < *faces; ++i)
        if (const auto done = read_face(words, model, limits.max_triangles); done.has_error())
            return done.error();
    if (model.triangles.empty()) return unreadable("The file has no faces.");
    return model;
}

std::string write_off(const mesh& model)
{
    std::string out =
        "OFF\n" + std::to_string(model.points.size()) + ' ' + std::to_string(model.triangles.size()) + " 0\n";
    for (const auto& at : model.points) {
        append_number(out, at.x);
        append_number(out += ' ', at.y);
        append_number(out += ' ', at.z);
        out += '\n';
    }
    for (const auto& one : model.triangles)
        out += "3 " + std::to_string(one[0]) + ' ' + std::to_string(one[1]) + ' ' + std::to_string(one[2]) +
               '\n';
    return out;
}

} // namespace layerline::workshop
