#include "workshop/models/surface_cut.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr double nearest_share =
    0.05; // of an edge: where it is cut is no nearer to its ends, which makes slivers

std::uint64_t key_of(std::uint32_t a, std::uint32_t b)
{
    return static_cast<std::uint64_t>(std::min(a, b)) << 32U | std::max(a, b);
}

class round_cut {
public:
    round_cut(mesh& model, const drill_axis& axis) : model_(model), axis_(axis) {}

    std::optional<std::vector<std::uint32_t>> at(double depth)
    {
        if (!gather(depth)) return std::nullopt;
        hang_together();
        cut();
        return rim();
    }

private:
    bool within(std::uint32_t corner) const
    {
        return drill_axis::from_axis(axis_.seen(model_.points[corner])) < axis_.radius();
    }

    // The triangles with a corner within the radius, by their edges; and where to begin.
    bool gather(double depth)
    {
        auto best = std::numeric_limits<double>::infinity();
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t) {
            const auto& one = model_.triangles[t];
            if (!within(one[0]) && !within(one[1]) && !within(one[2])) continue;
            for (std::size_t i = 0; i < 3; ++i)
                by_edge_[key_of(one.at(i), one.at((i + 1) % 3))].push_back(t);
            const auto passed =
                axis_.crossing({axis_.seen(model_.points[one[0]]), axis_.seen(model_.points[one[1]]),
                                axis_.seen(model_.points[one[2]])});
            if (!passed || std::abs(*passed - depth) >= best) continue;
            best = std::abs(*passed - depth);
            begin_ = t;
        }
        return best < axis_.radius() / 4;
    }

    void hang_together()
    {
        std::vector<std::uint32_t> open{begin_};
        piece_[begin_] = true;
        while (!open.empty()) {
            const auto one = model_.triangles[open.back()];
            open.pop_back();
            for (std::size_t i = 0; i < 3; ++i) {
                const auto a = one.at(i), b = one.at((i + 1) % 3);
                if (!within(a) && !within(b)) continue;
                for (const auto next : by_edge_[key_of(a, b)])
                    if (!std::exchange(piece_[next], true)) open.push_back(next);
            }
        }
    }

    // Where an edge from within goes out.
    std::uint32_t way_out(std::uint32_t in, std::uint32_t out)
    {
        const auto [at, fresh] =
            cuts_.try_emplace(key_of(in, out), static_cast<std::uint32_t>(model_.points.size()));
        if (!fresh) return at->second;
        const auto from = model_.points[in], to = model_.points[out];
        const auto a = axis_.seen(from), b = axis_.seen(to);
        const auto x = b.x - a.x, y = b.y - a.y;
        const auto square = x * x + y * y, half = a.x * x + a.y * y,
                   rest = a.x * a.x + a.y * a.y - axis_.radius() * axis_.radius();
        const auto root = std::sqrt(std::max(0.0, half * half - square * rest));
        const auto share =
            std::clamp(square > 0 ? (root - half) / square : 0.5, nearest_share, 1 - nearest_share);
        model_.points.push_back({static_cast<float>(from.x + share * (static_cast<double>(to.x) - from.x)),
                                 static_cast<float>(from.y + share * (static_cast<double>(to.y) - from.y)),
                                 static_cast<float>(from.z + share * (static_cast<double>(to.z) - from.z))});
        return at->second;
    }

    void cut()
    {
        std::vector<triangle> kept;
        kept.reserve(model_.triangles.size());
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t) {
            const auto one = model_.triangles[t];
            if (piece_.count(t) == 0) {
                kept.push_back(one);
                continue;
            }
            const auto in = static_cast<int>(within(one[0])) + static_cast<int>(within(one[1])) +
                            static_cast<int>(within(one[2]));
            if (in == 3) continue;
            // Turned so that the odd one is the first.
            std::size_t i = 0;
            while (within(one.at(i)) != (in == 1))
                ++i;
            const auto a = one.at(i), b = one.at((i + 1) % 3), c = one.at((i + 2) % 3);
            if (in == 1) {
                const auto to_b = way_out(a, b), to_c = way_out(a, c);
                kept.push_back({to_b, b, c});
                kept.push_back({to_b, c, to_c});
                next_[to_c] = to_b;
            } else {
                const auto from_b = way_out(b, a), from_c = way_out(c, a);
                kept.push_back({a, from_b, from_c});
                next_[from_b] = from_c;
            }
        }
        model_.triangles = std::move(kept);
    }

    std::optional<std::vector<std::uint32_t>> rim() const
    {
        if (next_.size() < 3) return std::nullopt;
        std::vector<std::uint32_t> all;
        const auto first = next_.begin()->first;
        for (auto at = first; all.size() <= next_.size();) {
            all.push_back(at);
            const auto found = next_.find(at);
            if (found == next_.end()) return std::nullopt;
            at = found->second;
            if (at == first) break;
        }
        if (all.size() != next_.size()) return std::nullopt; // it has more rims than one
        return all;
    }

    mesh& model_;
    const drill_axis& axis_;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_edge_;
    std::unordered_map<std::uint32_t, bool> piece_;
    std::unordered_map<std::uint64_t, std::uint32_t> cuts_;
    std::unordered_map<std::uint32_t, std::uint32_t> next_;
    std::uint32_t begin_ = 0;
};

} // namespace

std::optional<std::vector<std::uint32_t>> cut_round(mesh& model, const drill_axis& axis, double depth)
{
    return round_cut(model, axis).at(depth);
}

} // namespace layerline::workshop
