#include "workshop/models/collapse_rules.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double least_cosine = 0.7;  // between a triangle's normals before and after
constexpr double least_height = 0.12; // of a new triangle's longest side, unless it was flatter before

using ring = corner_table::ring;
using side = corner_table::side;

// Whether a triangle may have its corner there instead.
bool bears(const mesh& model, std::uint32_t p, std::uint32_t to, const side& s)
{
    const auto &was_at = model.points[p], &at = model.points[to], &a = model.points[s.next],
               &b = model.points[s.last];
    const auto was_a = difference(a, was_at), was_b = difference(b, was_at), to_a = difference(a, at),
               to_b = difference(b, at), a_b = difference(b, a);
    const auto was = cross(was_a, was_b), now = cross(to_a, to_b);
    const auto area = std::sqrt(dot(now, now)), area_before = std::sqrt(dot(was, was));
    if (!(dot(was, now) >= least_cosine * area_before * area)) return false;
    const auto far = dot(a_b, a_b);
    const auto longest = std::max({dot(to_a, to_a), far, dot(to_b, to_b)});
    if (!(area > 0)) return false;
    if (area >= least_height * longest) return true;
    const auto longest_before = std::max({dot(was_a, was_a), far, dot(was_b, was_b)});
    return area * longest_before > area_before * longest;
}

} // namespace

bool may_join(const mesh& model, std::uint32_t p, std::uint32_t to, const ring& about, const ring& across)
{
    if (across.count == 0) return false;
    const auto neighbour = [&across](const side& s) {
        return std::any_of(across.begin(), across.end(), [&s](const side& t) { return t.next == s.next; }) ||
               (!across.closed && across.sides.at(across.count - 1).last == s.next);
    };
    // Else an edge would get more than two triangles.
    if (std::count_if(about.begin(), about.end(), neighbour) != 2) return false;
    return std::all_of(about.begin(), about.end(),
                       [&](const side& s) { return s.next == to || s.last == to || bears(model, p, to, s); });
}

} // namespace layerline::workshop
