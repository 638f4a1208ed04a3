#include "workshop/models/refine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr int most_passes = 24; // each halves the longest edge
constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

class splitter {
public:
    explicit splitter(mesh& model) : model_(model) {}

    // Whether anything was split.
    bool pass(double longest)
    {
        middles_.clear();
        return finer([this, longest](std::uint32_t a, std::uint32_t b) { return middle_of(a, b, longest); });
    }
    bool pass(const std::function<double(const triangle&)>& longest)
    {
        middles_.clear();
        for (const auto& one : model_.triangles) {
            const auto most = longest(one);
            if (std::isinf(most)) continue;
            for (std::size_t i = 0; i < 3; ++i)
                middle_of(one.at(i), one.at((i + 1) % 3), most);
        }
        if (middles_.empty()) return false;
        return finer([this](std::uint32_t a, std::uint32_t b) {
            const auto at = middles_.find(key_of(a, b));
            return at != middles_.end() ? at->second : none;
        });
    }

private:
    template <class Middle>
    bool finer(Middle middle_between)
    {
        std::vector<triangle> finer;
        finer.reserve(model_.triangles.size());
        bool split = false;
        for (const auto& one : model_.triangles) {
            const std::array middle{middle_between(one[0], one[1]), middle_between(one[1], one[2]),
                                    middle_between(one[2], one[0])};
            const auto cut = std::count_if(middle.begin(), middle.end(), [](auto m) { return m != none; });
            split = split || cut > 0;
            add(finer, one, middle, cut);
        }
        model_.triangles = std::move(finer);
        return split;
    }

    static std::uint64_t key_of(std::uint32_t a, std::uint32_t b)
    {
        return static_cast<std::uint64_t>(std::min(a, b)) << 32U | std::max(a, b);
    }

    std::uint32_t middle_of(std::uint32_t a, std::uint32_t b, double longest)
    {
        if (a > b) std::swap(a, b); // the same for both triangles
        const auto& from = model_.points[a];
        const auto& to = model_.points[b];
        const auto across = difference(to, from);
        if (!(dot(across, across) > longest * longest)) return none;
        const point middle{from.x + (to.x - from.x) / 2, from.y + (to.y - from.y) / 2,
                           from.z + (to.z - from.z) / 2};
        if (middle == from || middle == to) return none;
        const auto [at, fresh] =
            middles_.try_emplace(key_of(a, b), static_cast<std::uint32_t>(model_.points.size()));
        if (fresh) model_.points.push_back(middle);
        return at->second;
    }

    static void add(std::vector<triangle>& to, const triangle& one,
                    const std::array<std::uint32_t, 3>& middle, std::ptrdiff_t cut)
    {
        if (cut == 0) {
            to.push_back(one);
            return;
        }
        if (cut == 3) {
            to.push_back({middle[0], middle[1], middle[2]});
            for (std::size_t i = 0; i < 3; ++i)
                to.push_back({one.at(i), middle.at(i), middle.at((i + 2) % 3)});
            return;
        }
        // Turned so that with one cut it is the first side, with two it is all but the last.
        std::size_t i = 0;
        while (cut == 1 ? middle.at(i) == none : middle.at((i + 2) % 3) != none)
            ++i;
        const auto a = one.at(i), b = one.at((i + 1) % 3), c = one.at((i + 2) % 3), m = middle.at(i);
        if (cut == 1) {
            to.push_back({a, m, c});
            to.push_back({m, b, c});
            return;
        }
        const auto n = middle.at((i + 1) % 3);
        to.push_back({m, b, n});
        to.push_back({a, m, n});
        to.push_back({a, n, c});
    }

    mesh& model_;
    std::unordered_map<std::uint64_t, std::uint32_t> middles_;
};

} // namespace

void split_long_edges(mesh& model, double longest)
{
    splitter work(model);
    for (int pass = 0; pass < most_passes && work.pass(longest); ++pass) {
    }
}

void split_long_edges(mesh& model, const std::function<double(const triangle&)>& longest)
{
    splitter work(model);
    for (int pass = 0; pass < most_passes && work.pass(longest); ++pass) {
    }
}

} // namespace layerline::workshop
