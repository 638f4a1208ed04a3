#include "workshop/models/edges.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace layerline::workshop {

namespace {

// Sets of triangles that grow together.
class joined_sets {
public:
    explicit joined_sets(std::size_t count) : parent_(count)
    {
        std::iota(parent_.begin(), parent_.end(), 0U);
    }
    std::uint32_t root(std::uint32_t at)
    {
        while (parent_[at] != at)
            at = parent_[at] = parent_[parent_[at]];
        return at;
    }
    void join(std::uint32_t a, std::uint32_t b)
    {
        a = root(a);
        b = root(b);
        if (a != b) parent_[std::max(a, b)] = std::min(a, b);
    }

private:
    std::vector<std::uint32_t> parent_;
};

struct use {
    std::uint32_t far = 0; // the higher of the edge's points
    std::uint32_t half_edge = 0;
};

// The uses of edges by their lower point: those of point p stand from first[p] to first[p + 1].
struct uses_by_point {
    std::vector<std::uint32_t> first;
    std::vector<use> all;
};

uses_by_point collect(const mesh& model)
{
    uses_by_point found;
    found.first.assign(model.points.size() + 1, 0);
    const auto count = static_cast<std::uint32_t>(3 * model.triangles.size());
    for (std::uint32_t h = 0; h < count; ++h) {
        const auto from = corner_from(model, h), to = corner_to(model, h);
        if (from != to) ++found.first[std::min(from, to) + 1];
    }
    std::partial_sum(found.first.begin(), found.first.end(), found.first.begin());
    found.all.resize(found.first.back());
    auto next = found.first;
    for (std::uint32_t h = 0; h < count; ++h) {
        const auto from = corner_from(model, h), to = corner_to(model, h);
        if (from != to) found.all[next[std::min(from, to)]++] = {std::max(from, to), h};
    }
    return found;
}

void number_shells(edge_links& links, joined_sets& sets, std::size_t triangles)
{
    links.shell.assign(triangles, 0);
    for (std::uint32_t t = 0; t < triangles; ++t) {
        const auto root = sets.root(t);
        links.shell[t] = root == t ? static_cast<std::uint32_t>(links.shells++) : links.shell[root];
    }
}

} // namespace

void turn_over(mesh& model, edge_links& links, const std::vector<std::uint32_t>& triangles)
{
    for (const auto t : triangles) {
        // The edges 0-1, 1-2, 2-0 become 0-2, 2-1, 1-0: the first and the last change places.
        std::swap(model.triangles[t][1], model.triangles[t][2]);
        const std::uint32_t first = 3 * t, last = first + 2;
        std::swap(links.other[first], links.other[last]);
        for (const auto h : {first, last})
            if (links.other[h] < edge_links::many) links.other[links.other[h]] = h;
    }
    if (triangles.empty()) return;
    links.flipped_edges = 0;
    for (std::uint32_t h = 0; h < links.other.size(); ++h) {
        const auto across = links.other[h];
        if (across < edge_links::many && across > h && corner_from(model, h) == corner_from(model, across))
            ++links.flipped_edges;
    }
}

edge_links link_edges(const mesh& model)
{
    edge_links links;
    links.other.assign(3 * model.triangles.size(), edge_links::open);
    joined_sets sets(model.triangles.size());
    auto uses = collect(model);
    for (std::size_t p = 0; p + 1 < uses.first.size(); ++p) {
        const auto begin = uses.all.begin() + uses.first[p], end = uses.all.begin() + uses.first[p + 1];
        std::sort(begin, end, [](const use& a, const use& b) {
            return a.far != b.far ? a.far < b.far : a.half_edge < b.half_edge;
        });
        for (auto at = begin; at != end;) {
            const auto same_end = std::find_if(at, end, [&](const use& one) { return one.far != at->far; });
            for (auto each = at + 1; each < same_end; ++each)
                sets.join(at->half_edge / 3, each->half_edge / 3);
            if (same_end - at == 1) {
                ++links.open_edges;
            } else if (same_end - at == 2) {
                const auto a = at->half_edge, b = (at + 1)->half_edge;
                links.other[a] = b;
                links.other[b] = a;
                if (corner_from(model, a) == corner_from(model, b)) ++links.flipped_edges;
            } else {
                ++links.many_edges;
                for (auto each = at; each != same_end; ++each)
                    links.other[each->half_edge] = edge_links::many;
            }
            at = same_end;
        }
    }
    number_shells(links, sets, model.triangles.size());
    return links;
}

} // namespace layerline::workshop
