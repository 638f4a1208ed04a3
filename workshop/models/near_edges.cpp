#include "workshop/models/near_edges.hpp"

#include "workshop/models/triangle_tree.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

// The open edges as triangles without area, for the tree.
mesh edges_alone(const mesh& model, const edge_links& links)
{
    mesh alone;
    for (std::uint32_t h = 0; h < links.other.size(); ++h) {
        const auto from = corner_from(model, h), to = corner_to(model, h);
        if (links.other[h] != edge_links::open || from == to) continue;
        const auto first = static_cast<std::uint32_t>(alone.points.size());
        alone.points.push_back(model.points[from]);
        alone.points.push_back(model.points[to]);
        alone.triangles.push_back({first, first + 1, first + 1});
    }
    return alone;
}

vector3 place(const point& at)
{
    return {at.x, at.y, at.z};
}

} // namespace

std::size_t count_near_edges(const mesh& model, const edge_links& links, double tolerance)
{
    const auto edges = edges_alone(model, links);
    if (edges.triangles.size() < 2) return 0;
    const triangle_tree tree(edges);
    // Long edges all across each other would take the square of their number.
    auto patience = 1'000'000'000 + 100 * edges.triangles.size();
    std::size_t count = 0;
    for (std::uint32_t e = 0; e < edges.triangles.size(); ++e) {
        const auto& ends = edges.triangles[e];
        const auto a = place(edges.points[ends[0]]), b = place(edges.points[ends[1]]);
        const vector3 along{b.x - a.x, b.y - a.y, b.z - a.z};
        const vector3 middle{(a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2};
        const auto near = std::min(tolerance, std::sqrt(dot(along, along)) / 4);
        count += tree.any_within(middle, near, e, patience) ? 1 : 0;
    }
    return count;
}

} // namespace layerline::workshop
