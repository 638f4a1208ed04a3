#include "workshop/models/creases.hpp"

#include "workshop/models/shares.hpp"

#include <atomic>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double radians = 3.141592653589793 / 180;
constexpr std::size_t triangles_a_share = 32'768;

struct fold {
    const mesh& model;
    // Of unit length; 0 of a triangle without area.
    std::unique_ptr<vector3[]> normals; // NOLINT(*-avoid-c-arrays): not written twice
    double least_cosine = 0;

    fold(const mesh& of, double degrees, unsigned threads)
        : model(of),
          normals(std::make_unique_for_overwrite<vector3[]>(of.triangles.size())), // NOLINT(*-avoid-c-arrays)
          least_cosine(std::cos(degrees * radians) - 1e-6)
    {
        in_shares(model.triangles.size(), triangles_a_share, threads, [this](std::size_t t, std::size_t end) {
            for (; t < end; ++t) {
                const auto& [a, b, c] = model.triangles[t];
                const auto normal = cross(difference(model.points[b], model.points[a]),
                                          difference(model.points[c], model.points[a]));
                const auto length = std::sqrt(dot(normal, normal)), part = length > 0 ? 1 / length : 1;
                normals[t] = {normal.x * part, normal.y * part, normal.z * part};
            }
        });
    }

    bool sharp(const edge_links& links, std::uint32_t half_edge) const
    {
        return links.other[half_edge] < edge_links::many && !smooth(links, half_edge);
    }

    bool smooth(const edge_links& links, std::uint32_t half_edge) const
    {
        const auto other = links.other[half_edge];
        return other < edge_links::many && corner_from(model, half_edge) == corner_to(model, other) &&
               dot(normals[half_edge / 3], normals[other / 3]) >= least_cosine;
    }
};

std::uint32_t next_in_triangle(std::uint32_t corner)
{
    return corner % 3 == 2 ? corner - 2 : corner + 1;
}

std::uint32_t root(std::vector<std::uint32_t>& parent, std::uint32_t at)
{
    while (parent[at] != at)
        at = parent[at] = parent[parent[at]];
    return at;
}

} // namespace

bool part_at_creases(mesh& model, const edge_links& links, double degrees, unsigned threads)
{
    const fold folds(model, degrees, threads);
    const auto corners = static_cast<std::uint32_t>(3 * model.triangles.size());
    std::atomic<bool> any = false;
    in_shares(corners, triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto h = static_cast<std::uint32_t>(first); h < end && !any; ++h)
            if (folds.sharp(links, h)) any = true;
    });
    if (!any) return false;
    // Corners of one point that smooth edges join stay one point.
    std::vector<std::uint32_t> parent(corners);
    std::iota(parent.begin(), parent.end(), 0U);
    const auto join = [&parent](std::uint32_t a, std::uint32_t b) {
        parent[root(parent, a)] = root(parent, b);
    };
    for (std::uint32_t h = 0; h < corners; ++h)
        if (links.other[h] < edge_links::many && h < links.other[h] && folds.smooth(links, h)) {
            join(h, next_in_triangle(links.other[h]));
            join(next_in_triangle(h), links.other[h]);
        }
    constexpr auto none = edge_links::open;
    std::vector<std::uint32_t> point_of(corners, none), first(model.points.size(), none);
    auto parted = model.triangles;
    for (std::uint32_t h = 0; h < corners; ++h) {
        const auto group = root(parent, h);
        const auto old = model.triangles[h / 3][h % 3];
        if (point_of[group] == none) {
            if (first[old] == none) {
                point_of[group] = first[old] = old;
            } else {
                point_of[group] = static_cast<std::uint32_t>(model.points.size());
                const auto same = model.points[old];
                model.points.push_back(same);
            }
        }
        parted[h / 3][h % 3] = point_of[group];
    }
    model.triangles = std::move(parted);
    return true;
}

} // namespace layerline::workshop
