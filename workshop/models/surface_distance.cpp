#include "workshop/models/surface_distance.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr double degrees = 180 / 3.141592653589793;
constexpr std::size_t share_left_out = 100; // one place of so many may face another way

vector3 mix(const mesh& model, const triangle& one, const vector3& weights)
{
    const auto &a = model.points[one[0]], &b = model.points[one[1]], &c = model.points[one[2]];
    return {weights.x * a.x + weights.y * b.x + weights.z * c.x,
            weights.x * a.y + weights.y * b.y + weights.z * c.y,
            weights.x * a.z + weights.y * b.z + weights.z * c.z};
}

vector3 normal_of(const mesh& model, std::uint32_t t)
{
    const auto& [a, b, c] = model.triangles[t];
    return cross(difference(model.points[b], model.points[a]), difference(model.points[c], model.points[a]));
}

double angle(const vector3& a, const vector3& b)
{
    const auto lengths = std::sqrt(dot(a, a) * dot(b, b));
    return lengths > 0 ? std::acos(std::clamp(dot(a, b) / lengths, -1.0, 1.0)) * degrees : 0;
}

void raise(std::atomic<double>& to, double value)
{
    for (auto now = to.load(); now < value && !to.compare_exchange_weak(now, value);) {
    }
}

std::size_t stride(std::size_t count, std::size_t most)
{
    return std::max<std::size_t>(1, (count + most - 1) / std::max<std::size_t>(most, 1));
}

constexpr std::size_t places_a_share = 2048;

// Along the tree's order, so that each search begins where the one before it ended.
double from_corners(const mesh& from, const triangle_tree& here, const triangle_tree& there,
                    std::size_t places, unsigned threads)
{
    const auto step = stride(from.triangles.size(), places),
               count = (from.triangles.size() + step - 1) / step;
    std::atomic<double> farthest{0};
    in_shares(count, places_a_share, threads, [&](std::size_t first, std::size_t end) {
        double mine = farthest; // what is no farther need not be known better
        std::optional<std::uint32_t> hint;
        for (auto i = first; i < end; ++i) {
            const auto& at = from.points[from.triangles[here.order()[i * step]][0]];
            const auto found = there.nearest({at.x, at.y, at.z}, hint, mine);
            hint = found.leaf;
            mine = std::max(mine, found.squared_distance);
        }
        raise(farthest, mine);
    });
    return farthest;
}

// From centres and edges' middles; the turn at each centre goes to `turns`.
double from_middles(const mesh& from, const mesh& to, const triangle_tree& here, const triangle_tree& there,
                    std::size_t step, std::vector<double>& turns, unsigned threads)
{
    constexpr std::array middles{vector3{1 / 3.0, 1 / 3.0, 1 / 3.0}, vector3{0.5, 0.5, 0},
                                 vector3{0, 0.5, 0.5}, vector3{0.5, 0, 0.5}};
    std::atomic<double> farthest{0};
    in_shares(turns.size(), places_a_share, threads, [&](std::size_t first, std::size_t end) {
        double mine = farthest;
        // Centres have one of their own: which triangle is found must not hang on how far others are.
        std::optional<std::uint32_t> hint, centre_hint;
        for (auto i = first; i < end; ++i) {
            const auto t = here.order()[i * step];
            for (std::size_t m = 0; m < middles.size(); ++m) {
                const auto place = mix(from, from.triangles[t], middles.at(m));
                const auto found =
                    m == 0 ? there.nearest(place, centre_hint) : there.nearest(place, hint, mine);
                hint = found.leaf;
                if (m == 0) centre_hint = hint;
                mine = std::max(mine, found.squared_distance);
                if (m == 0) turns[i] = angle(normal_of(from, t), normal_of(to, found.triangle));
            }
        }
        raise(farthest, mine);
    });
    return farthest;
}

} // namespace

surface_difference difference_of(const mesh& one, const mesh& other, std::size_t places, unsigned threads)
{
    return difference_of(one, triangle_tree(one, threads), other, places, threads);
}

surface_difference difference_of(const mesh& one, const triangle_tree& there, const mesh& other,
                                 std::size_t places, unsigned threads)
{
    const triangle_tree here(other, threads);
    const auto step = stride(4 * other.triangles.size(), places);
    std::vector<double> turns((other.triangles.size() + step - 1) / step);
    const auto farthest = std::max(from_corners(one, there, here, places, threads),
                                   from_middles(other, one, here, there, step, turns, threads));
    const auto at = turns.end() - 1 - static_cast<std::ptrdiff_t>(turns.size() / share_left_out);
    std::nth_element(turns.begin(), at, turns.end());
    return {.farthest = std::sqrt(farthest), .turned = *at};
}

} // namespace layerline::workshop
