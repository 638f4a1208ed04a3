#include "workshop/models/crossings.hpp"

#include "workshop/models/shares.hpp"
#include "workshop/models/triangle_pair.hpp"
#include "workshop/models/triangle_tree.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr std::size_t leaves_a_share = 256;    // what a thread takes at once
constexpr std::int64_t costs_of_triangles = 8; // in comparisons of boxes
constexpr std::uint8_t crosses = 1, overlaps = 2;

bounds widened(bounds box, float by)
{
    box.least = {box.least.x - by, box.least.y - by, box.least.z - by};
    box.most = {box.most.x + by, box.most.y + by, box.most.z + by};
    return box;
}

class search {
public:
    search(const mesh& model, const edge_links& links, std::size_t patience)
        : model_(model), links_(links), tolerance_(touching_distance(model)), tree_(model),
          left_(static_cast<std::int64_t>(patience)), found_(model.triangles.size())
    {
    }

    void run(unsigned threads)
    {
        in_shares(tree_.leaves(), leaves_a_share, threads, [this](std::size_t first, std::size_t end) {
            for (auto leaf = first; leaf < end && left_ > 0; ++leaf)
                look_around(leaf);
        });
    }

    crossing_count counted() const
    {
        crossing_count sum;
        for (const auto& one : found_) {
            sum.crossing += (one & crosses) != 0 ? 1 : 0;
            sum.overlapping += (one & overlaps) != 0 ? 1 : 0;
        }
        sum.all = left_ > 0;
        return sum;
    }

private:
    struct own_triangle {
        std::uint32_t number = 0;
        bounds box;
        placed_triangle place;
    };

    // The triangles of one leaf with each other and with those of later leaves.
    void look_around(std::size_t leaf)
    {
        const auto [first, end] = tree_.of_leaf(leaf);
        if (first >= end) return;
        const auto by = static_cast<float>(tolerance_);
        std::array<own_triangle, triangle_tree::in_leaf> own;
        std::size_t count = 0;
        for (auto at = first; at < end; ++at) {
            const auto t = tree_.order()[at];
            own.at(count++) = {t, widened(bounds_of(model_, t), by), placed(model_, t)};
        }
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = i + 1; j < count; ++j)
                if (own.at(i).box.meets(own.at(j).box)) look_at(own.at(i), own.at(j));
        std::int64_t done = 0;
        tree_.later_leaves(leaf, widened(tree_.box_of_leaf(leaf), by), [&](std::size_t other) {
            const auto [from, to] = tree_.of_leaf(other);
            done += static_cast<std::int64_t>(triangle_tree::in_leaf * triangle_tree::in_leaf);
            for (auto at = from; at < to; ++at)
                done += costs_of_triangles * compare(own, count, tree_.order()[at]);
            return left_.load(std::memory_order_relaxed) > done;
        });
        left_ -= done;
    }

    // How many of the leaf's own it was compared with.
    std::int64_t compare(const std::array<own_triangle, triangle_tree::in_leaf>& own, std::size_t count,
                         std::uint32_t t)
    {
        std::int64_t done = 0;
        const auto box = bounds_of(model_, t);
        bool known = false;
        own_triangle other;
        for (std::size_t i = 0; i < count; ++i) {
            if (!own.at(i).box.meets(box)) continue;
            if (!known) other = {t, box, placed(model_, t)};
            known = true;
            look_at(own.at(i), other);
            ++done;
        }
        return done;
    }

    void look_at(const own_triangle& a, const own_triangle& b)
    {
        const auto how = relation(a.place, b.place, tolerance_);
        switch (how.kind) {
        case pair_kind::apart:
            return;
        case pair_kind::overlapping:
            mark(a, b, overlaps);
            return;
        case pair_kind::crossing:
            mark(a, b, crosses);
            return;
        case pair_kind::first_on_edge:
            if (goes_on(a, how, b)) mark(a, b, crosses);
            return;
        case pair_kind::second_on_edge:
            if (goes_on(b, how, a)) mark(a, b, crosses);
            return;
        }
    }

    // Whether the surface of which the edge of `on` is one is on both sides of `through`.
    bool goes_on(const own_triangle& on, const pair_relation& how, const own_triangle& through) const
    {
        const auto across = links_.other[3 * std::size_t{on.number} + how.edge];
        if (across >= edge_links::many) return false;
        const auto third = corner_from(model_, across / 3 * 3 + (across % 3 + 2) % 3);
        const auto& at = model_.points[third];
        return height_over(through.place, {at.x, at.y, at.z}, tolerance_) * how.side < 0;
    }

    void mark(const own_triangle& a, const own_triangle& b, std::uint8_t as)
    {
        found_[a.number].fetch_or(as, std::memory_order_relaxed);
        found_[b.number].fetch_or(as, std::memory_order_relaxed);
    }

    const mesh& model_;
    const edge_links& links_;
    double tolerance_;
    triangle_tree tree_;
    std::atomic<std::int64_t> left_;
    std::vector<std::atomic<std::uint8_t>> found_;
};

} // namespace

double touching_distance(const mesh& model)
{
    const auto all = bounds_of(model);
    float farthest = 0;
    for (const auto value : {all.least.x, all.least.y, all.least.z, all.most.x, all.most.y, all.most.z})
        farthest = std::max(farthest, std::abs(value));
    return 4.0 * std::numeric_limits<float>::epsilon() * farthest;
}

std::size_t usual_patience(const mesh& model)
{
    return 1'000'000'000 + 1000 * model.triangles.size();
}

crossing_count count_crossings(const mesh& model, const edge_links& links, unsigned threads,
                               std::size_t patience)
{
    if (model.triangles.empty()) return {};
    search all(model, links, patience);
    all.run(threads);
    return all.counted();
}

} // namespace layerline::workshop
