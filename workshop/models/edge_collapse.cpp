#include "workshop/models/edge_collapse.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double least_cosine = 0.7;    // between a triangle's normals before and after
constexpr double least_height = 0.05;   // of a new triangle's longest side
constexpr double share_of_pass = 0.5;   // of the candidates, the cheapest
constexpr double flat_share = 1e-3;     // of a quadric's trace: holds points where planes are parallel
constexpr double settled_cosine = 0.9;  // as least_cosine, when a point settles
constexpr double least_progress = 0.02; // of the triangles: a pass that removes fewer is the last
constexpr std::size_t points_a_share = 16'384;
constexpr std::size_t most_ring = 64; // triangles at a point; work grows with their square

// Squared distances to planes, weighted by area.
struct quadric {
    double xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0, xd = 0, yd = 0, zd = 0, dd = 0, weight = 0;

    void take(const vector3& n, double d, double w)
    {
        xx += w * n.x * n.x, xy += w * n.x * n.y, xz += w * n.x * n.z;
        yy += w * n.y * n.y, yz += w * n.y * n.z, zz += w * n.z * n.z;
        xd += w * n.x * d, yd += w * n.y * d, zd += w * n.z * d;
        dd += w * d * d, weight += w;
    }
    void take(const quadric& o)
    {
        xx += o.xx, xy += o.xy, xz += o.xz, yy += o.yy, yz += o.yz, zz += o.zz;
        xd += o.xd, yd += o.yd, zd += o.zd, dd += o.dd, weight += o.weight;
    }
    // The sum of all, at that place.
    double at(const point& p) const
    {
        const double x = p.x, y = p.y, z = p.z;
        const auto sum = x * (xx * x + 2 * (xy * y + xz * z + xd)) + y * (yy * y + 2 * (yz * z + yd)) +
                         z * (zz * z + 2 * zd) + dd;
        return std::max(sum, 0.0);
    }
    // Where the sum is least; along what the planes leave open not far from there.
    point best_near(const point& p) const
    {
        const double x = p.x, y = p.y, z = p.z, stiff = flat_share * (xx + yy + zz);
        const double a = xx + stiff, d = yy + stiff, f = zz + stiff;
        const vector3 slope{xx * x + xy * y + xz * z + xd, xy * x + yy * y + yz * z + yd,
                            xz * x + yz * y + zz * z + zd};
        // Cramer's rule for the symmetric matrix a xy xz, xy d yz, xz yz f.
        const auto aa = d * f - yz * yz, ab = xz * yz - xy * f, ac = xy * yz - xz * d;
        const auto whole = a * aa + xy * ab + xz * ac;
        if (!(whole > 0)) return p;
        const auto bb = a * f - xz * xz, bc = xy * xz - a * yz, cc = a * d - xy * xy;
        const vector3 by{aa * slope.x + ab * slope.y + ac * slope.z,
                         ab * slope.x + bb * slope.y + bc * slope.z,
                         ac * slope.x + bc * slope.y + cc * slope.z};
        return {static_cast<float>(x - by.x / whole), static_cast<float>(y - by.y / whole),
                static_cast<float>(z - by.z / whole)};
    }
};

struct candidate {
    double cost = 0;
    std::uint32_t from = 0, to = 0;
};

class collapser {
public:
    collapser(mesh& model, double error, std::size_t enough, unsigned threads)
        : model_(model), most_(error * error), enough_(enough), threads_(threads),
          quadrics_(model.points.size())
    {
        for (const auto& one : model_.triangles) {
            auto n = normal(one[0], one[1], one[2]);
            const auto length = std::sqrt(dot(n, n));
            if (!(length > 0)) continue;
            n = {n.x / length, n.y / length, n.z / length};
            const auto& p = model_.points[one[0]];
            const auto d = -(n.x * p.x + n.y * p.y + n.z * p.z);
            for (const auto corner : one)
                quadrics_[corner].take(n, d, length);
        }
    }

    // True if it is worth another one.
    bool pass()
    {
        const auto before = model_.triangles.size();
        if (before <= enough_) return false;
        link();
        auto all = candidates();
        const auto cheaper = [](const candidate& a, const candidate& b) {
            return a.cost != b.cost ? a.cost < b.cost : a.from < b.from;
        };
        const auto most_tried = std::min(
            static_cast<std::size_t>(share_of_pass * static_cast<double>(all.size())) + 1, all.size());
        if (most_tried == 0) return false;
        const auto cut = all.begin() + static_cast<std::ptrdiff_t>(most_tried);
        if (before - enough_ < 2 * most_tried) {
            std::sort(all.begin(), all.end(), cheaper); // it may end among them
        } else {
            // In the order of the mesh, where neighbours are near in memory: thrice as fast.
            std::nth_element(all.begin(), cut - 1, all.end(), cheaper);
            std::sort(all.begin(), cut,
                      [](const candidate& a, const candidate& b) { return a.from < b.from; });
        }
        touched_.assign(model_.points.size(), false);
        gone_.assign(before, false);
        auto left = before;
        for (std::size_t i = 0; i < most_tried && left > enough_ + 1; ++i)
            if (allowed(all[i])) {
                collapse(all[i]);
                left -= 2;
            }
        std::size_t kept = 0;
        for (std::size_t t = 0; t < before; ++t)
            if (!gone_[t]) model_.triangles[kept++] = model_.triangles[t];
        model_.triangles.resize(kept);
        return static_cast<double>(before - left) > least_progress * static_cast<double>(before);
    }

    // Moves each point inside the surface to where it fits best the planes of all that were joined to it.
    void settle()
    {
        link();
        for (std::uint32_t p = 0; p + 1 < first_.size(); ++p) {
            if (first_[p] == first_[p + 1] || !has_ring(p)) continue;
            const auto was = model_.points[p];
            const auto to = quadrics_[p].best_near(was);
            const bool holds = std::all_of(ring_.begin(), ring_.end(), [&](const side& s) {
                const auto before = normal(p, s.next, s.last);
                model_.points[p] = to;
                const auto after = normal(p, s.next, s.last);
                model_.points[p] = was;
                return dot(before, after) >=
                           settled_cosine * std::sqrt(dot(before, before) * dot(after, after)) &&
                       dot(after, after) > 0;
            });
            if (holds) model_.points[p] = to;
        }
    }

private:
    // Of a point's own quadric, at the point.
    struct own_share {
        double sum = 0, weight = 0;
    };

    struct side {
        std::uint32_t next, last; // of the triangle's corners, after the point itself
    };

    vector3 normal(std::uint32_t a, std::uint32_t b, std::uint32_t c) const
    {
        const auto& p = model_.points;
        return cross(difference(p[b], p[a]), difference(p[c], p[a]));
    }

    void link()
    {
        first_.assign(model_.points.size() + 1, 0);
        for (const auto& one : model_.triangles)
            for (const auto corner : one)
                ++first_[corner + 1];
        std::partial_sum(first_.begin(), first_.end(), first_.begin());
        at_.resize(first_.back());
        auto next = first_;
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t)
            for (const auto corner : model_.triangles[t])
                at_[next[corner]++] = t;
    }

    side opposite(std::uint32_t t, std::uint32_t p) const
    {
        const auto& [a, b, c] = model_.triangles[t];
        return a == p ? side{b, c} : b == p ? side{c, a} : side{a, b};
    }

    // The cheapest of each point that has one.
    std::vector<candidate> candidates()
    {
        const auto count = model_.points.size();
        own_.resize(count);
        std::vector<candidate> all(count);
        in_shares(count, points_a_share, threads_, [&](std::size_t first, std::size_t end) {
            for (auto p = first; p < end; ++p)
                own_[p] = {quadrics_[p].at(model_.points[p]), quadrics_[p].weight};
        });
        in_shares(count, points_a_share, threads_, [&](std::size_t first, std::size_t end) {
            for (auto p = first; p < end; ++p)
                all[p] = cheapest(static_cast<std::uint32_t>(p));
        });
        std::erase_if(all, [](const candidate& one) { return one.from == one.to; });
        return all;
    }

    // To itself where nothing is within the error.
    candidate cheapest(std::uint32_t p) const
    {
        candidate best{most_, p, p};
        for (auto i = first_[p]; i < first_[p + 1]; ++i) {
            const auto to = opposite(at_[i], p).next;
            const auto weight = own_[p].weight + own_[to].weight;
            const auto cost = weight > 0 ? (quadrics_[p].at(model_.points[to]) + own_[to].sum) / weight : 0;
            if (cost <= best.cost) best = {cost, p, to};
        }
        return best;
    }

    // One closed ring of triangles, each neighbour in two of them.
    bool has_ring(std::uint32_t p)
    {
        ring_.clear();
        for (auto i = first_[p]; i < first_[p + 1]; ++i)
            ring_.push_back(opposite(at_[i], p));
        if (ring_.size() < 3 || ring_.size() > most_ring) return false;
        for (std::size_t i = 0; i + 1 < ring_.size(); ++i) {
            const auto found = std::find_if(ring_.begin() + static_cast<std::ptrdiff_t>(i) + 1, ring_.end(),
                                            [&](const side& s) { return s.next == ring_[i].last; });
            if (found == ring_.end()) return false;
            std::swap(ring_[i + 1], *found);
        }
        return ring_.back().last == ring_.front().next;
    }

    bool allowed(const candidate& one)
    {
        if (touched_[one.from] || touched_[one.to]) return false;
        if (first_[one.to + 1] - first_[one.to] > 4 * most_ring || !has_ring(one.from)) return false;
        std::size_t common = 0;
        for (const auto& s : ring_)
            for (auto i = first_[one.to]; i < first_[one.to + 1]; ++i)
                if (opposite(at_[i], one.to).next == s.next || opposite(at_[i], one.to).last == s.next) {
                    ++common;
                    break;
                }
        if (common != 2) return false;
        return std::all_of(ring_.begin(), ring_.end(), [&](const side& s) {
            if (s.next == one.to || s.last == one.to) return true;
            const auto was = normal(one.from, s.next, s.last), now = normal(one.to, s.next, s.last);
            const auto length = [&](std::uint32_t a, std::uint32_t b) {
                const auto d = difference(model_.points[a], model_.points[b]);
                return dot(d, d);
            };
            const auto longest =
                std::max({length(one.to, s.next), length(s.next, s.last), length(s.last, one.to)});
            return std::sqrt(dot(now, now)) >= least_height * longest &&
                   dot(was, now) >= least_cosine * std::sqrt(dot(was, was) * dot(now, now));
        });
    }

    void collapse(const candidate& one)
    {
        for (auto i = first_[one.from]; i < first_[one.from + 1]; ++i) {
            const auto t = at_[i];
            for (auto& corner : model_.triangles[t]) {
                touched_[corner] = true;
                if (corner == one.to) gone_[t] = true;
            }
            std::replace(model_.triangles[t].begin(), model_.triangles[t].end(), one.from, one.to);
        }
        quadrics_[one.to].take(quadrics_[one.from]);
    }

    mesh& model_;
    double most_;
    std::size_t enough_;
    unsigned threads_;
    std::vector<quadric> quadrics_;
    std::vector<own_share> own_;
    std::vector<std::uint32_t> first_, at_; // triangles of point p: at_[first_[p]] to at_[first_[p + 1]]
    std::vector<bool> touched_, gone_;
    std::vector<side> ring_;
};

} // namespace

void collapse_edges(mesh& model, double error, std::size_t enough, unsigned threads)
{
    collapser work(model, error, enough, threads);
    const auto before = model.triangles.size();
    while (work.pass()) {
    }
    if (model.triangles.size() < before) work.settle();
}

} // namespace layerline::workshop
