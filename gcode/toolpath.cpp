#include "gcode/toolpath.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace layerline::gcode {
namespace {

struct type_row {
    std::string_view type; // in lower case
    path_kind kind;
};
constexpr std::array types{
    type_row{"perimeter", path_kind::inner_wall},
    type_row{"external perimeter", path_kind::outer_wall},
    type_row{"overhang perimeter", path_kind::bridge},
    type_row{"internal infill", path_kind::infill},
    type_row{"solid infill", path_kind::solid},
    type_row{"top solid infill", path_kind::solid},
    type_row{"ironing", path_kind::solid},
    type_row{"gap fill", path_kind::infill},
    type_row{"bridge infill", path_kind::bridge},
    type_row{"internal bridge infill", path_kind::bridge},
    type_row{"skirt/brim", path_kind::skirt},
    type_row{"skirt", path_kind::skirt},
    type_row{"brim", path_kind::skirt},
    type_row{"raft", path_kind::skirt},
    type_row{"wipe tower", path_kind::skirt},
    type_row{"prime tower", path_kind::skirt},
    type_row{"prime-tower", path_kind::skirt},
    type_row{"support material", path_kind::support},
    type_row{"support material interface", path_kind::support},
    type_row{"support", path_kind::support},
    type_row{"support interface", path_kind::support},
    type_row{"support-interface", path_kind::support},
    type_row{"support transition", path_kind::support},
    type_row{"outer wall", path_kind::outer_wall},
    type_row{"inner wall", path_kind::inner_wall},
    type_row{"overhang wall", path_kind::bridge},
    type_row{"sparse infill", path_kind::infill},
    type_row{"internal solid infill", path_kind::solid},
    type_row{"top surface", path_kind::solid},
    type_row{"bottom surface", path_kind::solid},
    type_row{"bridge", path_kind::bridge},
    type_row{"internal bridge", path_kind::bridge},
    type_row{"gap infill", path_kind::infill},
    type_row{"wall-outer", path_kind::outer_wall},
    type_row{"wall-inner", path_kind::inner_wall},
    type_row{"fill", path_kind::infill},
    type_row{"skin", path_kind::solid},
    type_row{"outer perimeter", path_kind::outer_wall},
    type_row{"inner perimeter", path_kind::inner_wall},
    type_row{"solid layer", path_kind::solid},
    type_row{"infill", path_kind::infill},
};

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view given, std::string_view lower_case)
{
    return given.size() == lower_case.size() && std::equal(given.begin(), given.end(), lower_case.begin(),
                                                           [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

// The centre of an arc from `from` to `to`; none where its words give none.
std::optional<point_mm> centre_of(const parsed_line& line, point_mm from, point_mm to, double scale)
{
    if (const auto radius = line.value('R'); radius && *radius != 0) {
        const double dx = to.x - from.x, dy = to.y - from.y, chord = std::hypot(dx, dy);
        if (chord < 1e-9) return std::nullopt;
        const double r = std::max(std::abs(*radius * scale), chord / 2);
        double height = std::sqrt(std::max(0.0, r * r - chord * chord / 4)) / chord;
        // The centre lies to the right of the way for a clockwise arc, unless the long way round is meant.
        if ((line.number == 2) != (*radius < 0)) height = -height;
        return point_mm{(from.x + to.x) / 2 - dy * height, (from.y + to.y) / 2 + dx * height};
    }
    const auto i = line.value('I'), j = line.value('J');
    if (!i && !j) return std::nullopt;
    return point_mm{from.x + i.value_or(0) * scale, from.y + j.value_or(0) * scale};
}

} // namespace

std::string_view name_of(path_kind kind)
{
    constexpr std::array<std::string_view, 9> names{"travel", "unknown", "outer_wall", "inner_wall", "infill",
                                                    "solid",  "bridge",  "support",    "skirt"};
    const auto at = static_cast<std::size_t>(kind);
    return at < names.size() ? names[at] : names[1];
}

path_kind kind_of_type(std::string_view type)
{
    type = trimmed(type);
    for (const auto& row : types)
        if (same(type, row.type)) return row.kind;
    return path_kind::unknown;
}

void toolpath_walk::on_comment(std::string_view comment)
{
    if (comment.size() < 6) return;
    if (comment.starts_with("TYPE:"))
        at_.kind = kind_of_type(comment.substr(5));
    else if (comment.starts_with("WIDTH:")) {
        double width = 0;
        const auto text = comment.substr(6);
        const auto read = std::from_chars(text.data(), text.data() + text.size(), width);
        at_.width_mm = read.ec == std::errc{} && width > 0 && width < 10 ? width : 0;
    } else if (comment.starts_with(" feature ")) // Simplify3D
        at_.kind = kind_of_type(comment.substr(9));
}

std::optional<path_step> toolpath_walk::take(std::string_view text)
{
    const parsed_line line = parse_line(text);
    comment_ = line.comment;
    if (!line.comment.empty()) on_comment(line.comment);
    if (line.letter == 0) return std::nullopt;
    const auto x = at_.modal.x(), y = at_.modal.y();
    const auto moved = at_.modal.apply(line);
    if (!moved || !x || !y) return std::nullopt;
    if (moved->dx == 0 && moved->dy == 0 && moved->de == 0 && line.number < 2) return std::nullopt;
    path_step step;
    step.kind = moved->de > 0 && (moved->length_mm > 0 || line.number >= 2) ? at_.kind : path_kind::travel;
    step.from = {*x, *y};
    step.to = {*x + moved->dx, *y + moved->dy};
    step.filament_mm = moved->de;
    step.length_mm = moved->length_mm;
    step.whole = *moved;
    if (line.number >= 2) {
        const double scale = at_.modal.now().inches ? 25.4 : 1;
        if (const auto centre = centre_of(line, step.from, step.to, scale)) {
            step.arc = true;
            step.clockwise = line.number == 2;
            step.centre = *centre;
        }
    }
    return step;
}

} // namespace layerline::gcode
