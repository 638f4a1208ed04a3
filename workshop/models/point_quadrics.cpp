#include "workshop/models/point_quadrics.hpp"

#include "workshop/models/shares.hpp"

#include <cmath>
#include <cstddef>

namespace layerline::workshop {

namespace {

constexpr std::size_t points_a_share = 16'384;

} // namespace

point_quadrics::point_quadrics(const mesh& model, const corner_table& table, unsigned threads)
    : model_(model), all_(model.points.size()), own_(model.points.size())
{
    in_shares(all_.size(), points_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto p = static_cast<std::uint32_t>(first); p < end; ++p)
            if (table.about(p) != corner_table::surrounding::other) take_planes(table, p);
    });
}

void point_quadrics::take_planes(const corner_table& table, std::uint32_t p)
{
    auto& all = all_[p];
    table.each_about(p, [&](std::uint32_t h) {
        const auto& [a, b, c] = model_.triangles[h / 3];
        const auto& at = model_.points[a];
        auto n = cross(difference(model_.points[b], at), difference(model_.points[c], at));
        const auto length = std::sqrt(dot(n, n));
        if (!(length > 0)) return;
        n = {n.x / length, n.y / length, n.z / length};
        all.take(n, -(n.x * at.x + n.y * at.y + n.z * at.z), length);
    });
    own_[p] = {all.at(model_.points[p]), all.weight};
}

} // namespace layerline::workshop
