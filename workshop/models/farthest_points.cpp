#include "workshop/models/farthest_points.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace layerline::workshop {

namespace {

constexpr std::size_t one_of = 32;       // points are measured to know how far the farthest are
constexpr std::size_t more_tried = 4;    // times as many as may come back: of near ones one is enough
constexpr std::size_t middles_tried = 2; // likewise
constexpr int most_rounds = 4;           // what is near one that came back waits for the next
constexpr double edge_share = 0.1; // of a triangle's weights: nearer to an edge it is the edge that is split
constexpr double least_cosine = 0.3;  // between a triangle's normals before and after
constexpr double least_height = 0.02; // of a new triangle's longest side

class splitter {
public:
    splitter(mesh& model, corner_table& table) : model_(model), table_(table) {}

    void begin_round() { changed_.assign(model_.triangles.size(), false); }
    // Of those before this round.
    bool changed(std::uint32_t triangle) const { return changed_[triangle]; }
    // Those, and the new ones.
    std::vector<std::uint32_t> all_changed() const
    {
        std::vector<std::uint32_t> all;
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t)
            if (t >= changed_.size() || changed_[t]) all.push_back(t);
        return all;
    }

    // False if it would turn or crush a triangle, or one has changed in this round.
    bool split(std::uint32_t t, const point& at)
    {
        const auto weights = weights_at(at, t);
        const auto least =
            static_cast<std::uint32_t>(std::min_element(weights.begin(), weights.end()) - weights.begin());
        if (changed_[t] || !(weights.at(least) >= -1)) return false;
        if (weights.at(least) >= edge_share) {
            if (!fits(t, 0, at) || !fits(t, 1, at) || !fits(t, 2, at)) return false;
            changed_[t] = true;
            table_.split_triangle(t, at);
            return true;
        }
        // The edge across from the corner that weighs least.
        const auto h = 3 * t + (least + 1) % 3;
        if (table_.open(h)) return false;
        const auto g = table_.across(h), u = g / 3;
        if (u >= changed_.size() || changed_[u] || !fits(t, least, at) || !fits(t, (least + 2) % 3, at) ||
            !fits(u, corner_table::after(g) % 3, at) || !fits(u, corner_table::before(g) % 3, at))
            return false;
        changed_[t] = changed_[u] = true;
        table_.split_edge(h, at);
        return true;
    }

private:
    std::array<double, 3> weights_at(const point& from, std::uint32_t t) const
    {
        const auto& [a, b, c] = model_.triangles[t];
        const auto& p = model_.points;
        const auto n = cross(difference(p[b], p[a]), difference(p[c], p[a]));
        const auto whole = dot(n, n);
        if (!(whole > 0)) return {-2, -2, -2};
        const auto part = [&](std::uint32_t i, std::uint32_t j) {
            return dot(cross(difference(p[j], p[i]), difference(from, p[i])), n) / whole;
        };
        return {part(b, c), part(c, a), part(a, b)};
    }

    // The triangle of the edge at corner `i` and the place.
    bool fits(std::uint32_t t, std::uint32_t i, const point& at) const
    {
        const auto& one = model_.triangles[t];
        const auto& p = model_.points;
        const auto was = cross(difference(p[one[1]], p[one[0]]), difference(p[one[2]], p[one[0]]));
        const auto &a = p[one.at(i)], &b = p[one.at((i + 1) % 3)];
        const auto ab = difference(b, a), ac = difference(at, a), bc = difference(at, b);
        const auto now = cross(ab, ac);
        const auto longest = std::max({dot(ab, ab), dot(ac, ac), dot(bc, bc)}),
                   area = std::sqrt(dot(now, now));
        return area > 0 && area >= least_height * longest &&
               dot(was, now) >= least_cosine * std::sqrt(dot(was, was)) * area;
    }

    mesh& model_;
    corner_table& table_;
    std::vector<bool> changed_;
};

// What only the farthest of them exceed, about `count`.
double exceeded_by(std::size_t count, std::vector<float> some)
{
    const auto rank = some.begin() + static_cast<std::ptrdiff_t>(std::min(some.size() - 1, count / one_of));
    std::nth_element(some.begin(), rank, some.end(), std::greater<>());
    return *rank;
}

} // namespace

std::size_t put_back_farthest(mesh& model, corner_table& table, const surface_before& before,
                              std::size_t most, double least, unsigned threads)
{
    if (most == 0 || before.model.points.empty() || model.triangles.empty()) return 0;
    const surface_gap measure(model, table, before);
    const auto bound =
        std::max(least * least, exceeded_by(more_tried * most, measure.from_some(one_of, threads)));
    auto gaps = measure.at_middles(middles_tried * most, bound, threads);
    const auto far = measure.from_all(bound, threads);
    for (std::size_t p = 0; p < far.size(); ++p)
        if (far[p] > bound) gaps.push_back(measure.from(before.model.points[p], before.now[p], 0));
    splitter work(model, table);
    std::size_t done = 0;
    for (int round = 1; round <= most_rounds && done < most && !gaps.empty(); ++round) {
        std::stable_sort(gaps.begin(), gaps.end(),
                         [](const gap& a, const gap& b) { return a.squared > b.squared; });
        work.begin_round();
        // The last round takes what is left, the others half of it: more of the farthest may come.
        auto share = round == most_rounds ? most - done : (most - done + 1) / 2;
        for (auto& one : gaps) {
            if (share == 0) break;
            if (!work.split(one.triangle, one.at)) continue;
            one.squared = 0;
            --share;
            ++done;
        }
        for (auto& one : gaps)
            if (one.squared > 0 && work.changed(one.triangle))
                one = one.there ? measure.from(one.at, model.triangles[one.triangle][0], 0) : gap();
        const auto fresh = measure.at_middles_of(work.all_changed(), bound, threads);
        gaps.insert(gaps.end(), fresh.begin(), fresh.end());
        std::erase_if(gaps, [bound](const gap& one) { return !(one.squared > bound); });
    }
    return done;
}

} // namespace layerline::workshop
