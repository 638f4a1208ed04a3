#include "workshop/models/point_settling.hpp"

#include "workshop/models/point_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace layerline::workshop {

namespace {

constexpr double least_cosine = 0.9; // between a triangle's normals before and after

void settle(mesh& model, std::uint32_t p, const point& to, const corner_table::ring& about)
{
    const auto was = model.points[p];
    const bool holds =
        about.count > 0 && std::all_of(about.begin(), about.end(), [&](const corner_table::side& s) {
            const auto &a = model.points[s.next], &b = model.points[s.last];
            const auto before = cross(difference(a, was), difference(b, was));
            const auto after = cross(difference(a, to), difference(b, to));
            return dot(before, after) >= least_cosine * std::sqrt(dot(before, before) * dot(after, after)) &&
                   dot(after, after) > 0;
        });
    if (holds) model.points[p] = to;
}

} // namespace

void settle_points(mesh& model, const corner_table& table, const std::vector<quadric>& quadrics,
                   std::span<const std::uint32_t> points, std::vector<std::uint32_t>& room, unsigned threads)
{
    in_parts(points, room, threads,
             [&](std::span<const std::uint32_t> mine, const point_part& part, std::uint32_t* later) {
                 std::size_t count = 0;
                 corner_table::ring about;
                 for (const auto p : mine) {
                     table.find_ring(p, about);
                     if (part.has(about))
                         settle(model, p, quadrics[p].best_near(model.points[p]), about);
                     else
                         later[count++] = p;
                 }
                 return count;
             });
}

} // namespace layerline::workshop
