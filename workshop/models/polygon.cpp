#include "workshop/models/polygon.hpp"

#include <cmath>
#include <limits>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr double impossible = std::numeric_limits<double>::infinity();

double area_of(const mesh& model, std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
    const auto normal =
        cross(difference(model.points[b], model.points[a]), difference(model.points[c], model.points[a]));
    return std::sqrt(dot(normal, normal)) / 2;
}

} // namespace

std::vector<triangle> least_area(const mesh& model, const std::vector<std::uint32_t>& corners,
                                 const std::function<bool(std::uint32_t, std::uint32_t)>& taken)
{
    // By dynamic programming over the parts of the rim from corner i to corner k.
    const auto n = corners.size();
    std::vector<double> best(n * n, 0);
    std::vector<std::size_t> middle(n * n, 0);
    for (std::size_t span = 2; span < n; ++span)
        for (std::size_t i = 0; i + span < n; ++i) {
            const auto k = i + span;
            const bool rim_side = span == n - 1; // the rim's own last edge
            auto& cost = best[i * n + k];
            cost = impossible;
            if (!rim_side && taken(corners[i], corners[k])) continue;
            for (auto j = i + 1; j < k; ++j) {
                const auto sum =
                    best[i * n + j] + best[j * n + k] + area_of(model, corners[i], corners[j], corners[k]);
                if (sum < cost) {
                    cost = sum;
                    middle[i * n + k] = j;
                }
            }
        }
    std::vector<triangle> made;
    if (n < 3 || best[n - 1] == impossible) return made;
    std::vector<std::pair<std::size_t, std::size_t>> parts{{0, n - 1}};
    while (!parts.empty()) {
        const auto [i, k] = parts.back();
        parts.pop_back();
        const auto j = middle[i * n + k];
        made.push_back({corners[i], corners[j], corners[k]});
        if (j - i > 1) parts.emplace_back(i, j);
        if (k - j > 1) parts.emplace_back(j, k);
    }
    return made;
}

void add_polygon(mesh& model, const std::vector<std::uint32_t>& corners)
{
    if (corners.size() > 3 && corners.size() <= most_for_least_area) {
        const auto made = least_area(model, corners, [](std::uint32_t, std::uint32_t) { return false; });
        model.triangles.insert(model.triangles.end(), made.begin(), made.end());
        return;
    }
    for (std::size_t i = 2; i < corners.size(); ++i)
        model.triangles.push_back({corners[0], corners[i - 1], corners[i]});
}

} // namespace layerline::workshop
