#include "workshop/models/crowded_edges.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

struct edge_use {
    std::uint32_t low = 0, high = 0; // the edge's points
    std::uint32_t half_edge = 0;
    bool upward = false; // runs from low to high
    double angle = 0;    // of its triangle about the edge
};

// All uses of crowded edges, edge by edge.
std::vector<edge_use> crowded_uses(const mesh& model, const edge_links& links)
{
    std::vector<edge_use> uses;
    for (std::uint32_t h = 0; h < links.other.size(); ++h) {
        if (links.other[h] != edge_links::many) continue;
        const auto from = corner_from(model, h), to = corner_to(model, h);
        uses.push_back({std::min(from, to), std::max(from, to), h, from < to, 0});
    }
    std::sort(uses.begin(), uses.end(), [](const edge_use& a, const edge_use& b) {
        return std::pair(a.low, a.high) != std::pair(b.low, b.high)
                   ? std::pair(a.low, a.high) < std::pair(b.low, b.high)
                   : a.half_edge < b.half_edge;
    });
    return uses;
}

template <class Work>
void for_each_edge(std::vector<edge_use>& uses, Work work)
{
    for (auto at = uses.begin(); at != uses.end();) {
        const auto end = std::find_if(
            at, uses.end(), [&](const edge_use& one) { return one.low != at->low || one.high != at->high; });
        work(at, end);
        at = end;
    }
}

vector3 unit(const vector3& of)
{
    const auto length = std::sqrt(dot(of, of));
    return length > 0 ? vector3{of.x / length, of.y / length, of.z / length} : vector3{};
}

void remove_marked(mesh& model, const std::vector<bool>& gone)
{
    std::size_t kept = 0;
    for (std::size_t t = 0; t < model.triangles.size(); ++t)
        if (!gone[t]) model.triangles[kept++] = model.triangles[t];
    model.triangles.resize(kept);
}

class splitter {
public:
    splitter(mesh& model, const edge_links& links, double apart)
        : model_(model), other_(links.other), apart_(apart), gone_(model.triangles.size(), false)
    {
        uses_ = crowded_uses(model, links);
    }

    split_edges run()
    {
        for_each_edge(uses_, [this](auto begin, auto end) { pair_up(begin, end); });
        split_points();
        split_edges done;
        done.points = added_;
        done.triangles = static_cast<std::size_t>(std::count(gone_.begin(), gone_.end(), true));
        remove_marked(model_, gone_);
        return done;
    }

private:
    using iterator = std::vector<edge_use>::iterator;

    void measure(edge_use& use) const
    {
        const auto axis = unit(difference(model_.points[use.high], model_.points[use.low]));
        // Two ways across the axis, the same for all of this edge.
        const vector3 helper = std::abs(axis.x) < 0.9 ? vector3{1, 0, 0} : vector3{0, 1, 0};
        const auto first = unit(cross(axis, helper)), second = cross(axis, first);
        const auto tip = model_.triangles[use.half_edge / 3][(use.half_edge % 3 + 2) % 3];
        const auto out = difference(model_.points[tip], model_.points[use.low]);
        use.angle = std::atan2(dot(out, second), dot(out, first));
    }

    // Going round the edge, material begins at a triangle that runs downward and ends at one that runs
    // upward: those two are partners, also where others stand between that have each other.
    void pair_up(iterator begin, iterator end)
    {
        for (auto use = begin; use != end; ++use)
            measure(*use);
        std::sort(begin, end, [](const edge_use& a, const edge_use& b) {
            return a.angle != b.angle ? a.angle < b.angle : a.half_edge < b.half_edge;
        });
        // Twice round, so that material across the first angle is seen too.
        std::vector<bool> paired(static_cast<std::size_t>(end - begin), false);
        std::vector<std::size_t> waiting;
        for (int round = 0; round < 2; ++round)
            for (auto use = begin; use != end; ++use) {
                const auto place = static_cast<std::size_t>(use - begin);
                if (paired[place]) continue;
                if (!use->upward) {
                    if (round == 0) waiting.push_back(place);
                } else if (!waiting.empty()) {
                    const auto partner = waiting.back();
                    waiting.pop_back();
                    paired[place] = paired[partner] = true;
                    const auto a = use->half_edge,
                               b = (begin + static_cast<std::ptrdiff_t>(partner))->half_edge;
                    other_[a] = b;
                    other_[b] = a;
                }
            }
        for (auto use = begin; use != end; ++use)
            if (!paired[static_cast<std::size_t>(use - begin)]) gone_[use->half_edge / 3] = true;
    }

    // A point at the end of such an edge becomes one for each fan of triangles about it.
    void split_points()
    {
        std::vector<bool> wanted(model_.points.size(), false);
        for (const auto& use : uses_)
            wanted[use.low] = wanted[use.high] = true;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> corners; // point, half-edge from it
        for (std::uint32_t h = 0; h < other_.size(); ++h)
            if (!gone_[h / 3] && wanted[corner_from(model_, h)])
                corners.emplace_back(corner_from(model_, h), h);
        std::sort(corners.begin(), corners.end());
        for (auto at = corners.begin(); at != corners.end();) {
            const auto end =
                std::find_if(at, corners.end(), [&](const auto& one) { return one.first != at->first; });
            split_point(std::vector(at, end));
            at = end;
        }
    }

    void split_point(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& corners)
    {
        std::vector<std::size_t> parent(corners.size());
        std::iota(parent.begin(), parent.end(), std::size_t{0});
        const auto root = [&](std::size_t at) {
            while (parent[at] != at)
                at = parent[at] = parent[parent[at]];
            return at;
        };
        std::map<std::uint32_t, std::size_t> by_triangle;
        for (std::size_t i = 0; i < corners.size(); ++i)
            by_triangle.emplace(corners[i].second / 3, i);
        for (std::size_t i = 0; i < corners.size(); ++i) {
            const auto out = corners[i].second, in = out - out % 3 + (out % 3 + 2) % 3;
            for (const auto h : {out, in}) {
                if (other_[h] >= edge_links::many) continue;
                const auto found = by_triangle.find(other_[h] / 3);
                if (found != by_triangle.end()) parent[root(i)] = root(found->second);
            }
        }
        std::map<std::size_t, std::vector<std::uint32_t>> fans;
        for (std::size_t i = 0; i < corners.size(); ++i)
            fans[root(i)].push_back(corners[i].second);
        const auto largest = std::max_element(fans.begin(), fans.end(), [](const auto& a, const auto& b) {
            return a.second.size() < b.second.size();
        });
        double steps = 0;
        for (const auto& [number, fan] : fans)
            if (number != largest->first) move_fan(corners.front().first, fan, apart_ * ++steps);
    }

    void move_fan(std::uint32_t from, const std::vector<std::uint32_t>& fan, double by)
    {
        vector3 sum;
        for (const auto h : fan) {
            const auto& one = model_.triangles[h / 3];
            const auto normal = unit(cross(difference(model_.points[one[1]], model_.points[one[0]]),
                                           difference(model_.points[one[2]], model_.points[one[0]])));
            sum = {sum.x + normal.x, sum.y + normal.y, sum.z + normal.z};
        }
        auto way = unit(sum);
        if (dot(way, way) == 0) way = {1, 0, 0};
        const auto at = model_.points[from];
        const auto fresh = static_cast<std::uint32_t>(model_.points.size());
        model_.points.push_back({static_cast<float>(at.x - by * way.x), static_cast<float>(at.y - by * way.y),
                                 static_cast<float>(at.z - by * way.z)});
        ++added_;
        for (const auto h : fan)
            model_.triangles[h / 3][h % 3] = fresh;
    }

    mesh& model_;
    std::vector<std::uint32_t> other_;
    double apart_;
    std::vector<bool> gone_;
    std::vector<edge_use> uses_;
    std::size_t added_ = 0;
};

} // namespace

split_edges split_crowded_edges(mesh& model, const edge_links& links, double apart)
{
    return splitter(model, links, apart).run();
}

std::size_t thin_out_crowded_edges(mesh& model, const edge_links& links)
{
    std::vector<bool> gone(model.triangles.size(), false);
    auto uses = crowded_uses(model, links);
    for_each_edge(uses, [&](auto begin, auto end) {
        bool up = false, down = false;
        for (auto use = begin; use != end; ++use) {
            if (gone[use->half_edge / 3]) continue;
            auto& had = use->upward ? up : down;
            if (had) gone[use->half_edge / 3] = true;
            had = true;
        }
    });
    remove_marked(model, gone);
    return static_cast<std::size_t>(std::count(gone.begin(), gone.end(), true));
}

} // namespace layerline::workshop
