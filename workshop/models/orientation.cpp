#include "workshop/models/orientation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace layerline::workshop {

namespace {

// Triangles asked whether a line goes through them, in all: some seconds. Parts beyond it stay as they are.
constexpr std::size_t most_tests = 300'000'000;

// What edges with two triangles connect.
struct patch {
    std::vector<std::uint32_t> triangles;
    bool closed = true;
    double volume = 0;                   // with its triangles turned as the first one
    double area_kept = 0, area_over = 0; // of those that look as the first, and of the others
    point least, most;
};

void widen(patch& into, const point& by)
{
    into.least = {std::min(into.least.x, by.x), std::min(into.least.y, by.y), std::min(into.least.z, by.z)};
    into.most = {std::max(into.most.x, by.x), std::max(into.most.y, by.y), std::max(into.most.z, by.z)};
}

class orienter {
public:
    orienter(const mesh& model, const edge_links& links)
        : model_(model), links_(links), over_(model.triangles.size(), 0),
          patch_of_(model.triangles.size(), unseen)
    {
    }

    std::vector<std::uint32_t> run()
    {
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t)
            if (patch_of_[t] == unseen) grow(t);
        for (std::uint32_t p = 0; p < patches_.size(); ++p)
            if (turns(p))
                for (const auto t : patches_[p].triangles)
                    over_[t] ^= 1U;
        std::vector<std::uint32_t> found;
        for (std::uint32_t t = 0; t < over_.size(); ++t)
            if (over_[t] != 0) found.push_back(t);
        return found;
    }

private:
    static constexpr std::uint32_t unseen = edge_links::open;

    void grow(std::uint32_t first)
    {
        const auto number = static_cast<std::uint32_t>(patches_.size());
        patch made;
        made.least = made.most = model_.points[model_.triangles[first][0]];
        patch_of_[first] = number;
        made.triangles.push_back(first);
        for (std::size_t at = 0; at < made.triangles.size(); ++at) {
            const auto t = made.triangles[at];
            add(made, t);
            for (std::uint32_t h = 3 * t; h < 3 * t + 3; ++h) {
                const auto across = links_.other[h];
                if (across >= edge_links::many) {
                    made.closed = made.closed && corner_from(model_, h) == corner_to(model_, h);
                    continue;
                }
                if (patch_of_[across / 3] != unseen) continue;
                const bool same_way = corner_from(model_, h) == corner_from(model_, across);
                patch_of_[across / 3] = number;
                over_[across / 3] = static_cast<std::uint8_t>(over_[t] ^ (same_way ? 1U : 0U));
                made.triangles.push_back(across / 3);
            }
        }
        patches_.push_back(std::move(made));
    }

    void add(patch& into, std::uint32_t t)
    {
        const auto& one = model_.triangles[t];
        const auto& origin = model_.points.front();
        const auto a = difference(model_.points[one[0]], origin),
                   b = difference(model_.points[one[1]], origin),
                   c = difference(model_.points[one[2]], origin);
        const auto normal = cross(difference(model_.points[one[1]], model_.points[one[0]]),
                                  difference(model_.points[one[2]], model_.points[one[0]]));
        const auto area = std::sqrt(dot(normal, normal)) / 2;
        const auto volume = dot(a, cross(b, c)) / 6;
        into.volume += over_[t] != 0 ? -volume : volume;
        (over_[t] != 0 ? into.area_over : into.area_kept) += area;
        for (const auto corner : one)
            widen(into, model_.points[corner]);
    }

    bool turns(std::uint32_t number)
    {
        const auto& one = patches_[number];
        if (!one.closed || one.volume == 0) return one.area_over > one.area_kept;
        const auto around = depth(number);
        if (!around) return one.area_over > one.area_kept;
        const bool outward = *around % 2 == 0;
        return (one.volume > 0) != outward;
    }

    // How many closed parts lie around this one; nothing if that takes too long to find out.
    std::optional<std::size_t> depth(std::uint32_t number)
    {
        const auto& inner = patches_[number];
        const auto& at = model_.points[model_.triangles[inner.triangles.front()][0]];
        std::size_t found = 0;
        for (std::uint32_t p = 0; p < patches_.size(); ++p) {
            const auto& outer = patches_[p];
            const bool around = p != number && outer.closed && outer.least.x < inner.least.x &&
                                outer.least.y < inner.least.y && outer.least.z < inner.least.z &&
                                outer.most.x > inner.most.x && outer.most.y > inner.most.y &&
                                outer.most.z > inner.most.z;
            if (!around) continue;
            tests_ += outer.triangles.size();
            if (tests_ > most_tests) return std::nullopt;
            found += contains(outer, at) ? 1 : 0;
        }
        return found;
    }

    // By the parity of crossings of a line from there; its way is no multiple of any model's.
    bool contains(const patch& outer, const point& from) const
    {
        constexpr vector3 way{0.8372113, 0.4129787, 0.3585671};
        bool inside = false;
        for (const auto t : outer.triangles) {
            const auto& one = model_.triangles[t];
            const auto a = difference(model_.points[one[0]], from);
            const auto side = difference(model_.points[one[1]], model_.points[one[0]]),
                       other = difference(model_.points[one[2]], model_.points[one[0]]);
            const auto p = cross(way, other);
            const auto share = dot(side, p);
            if (share == 0) continue;
            const vector3 back{-a.x, -a.y, -a.z};
            const auto u = dot(back, p) / share;
            const auto q = cross(back, side);
            const auto v = dot(way, q) / share;
            if (u >= 0 && v >= 0 && u + v <= 1 && dot(other, q) / share > 0) inside = !inside;
        }
        return inside;
    }

    const mesh& model_;
    const edge_links& links_;
    std::vector<std::uint8_t> over_; // 1: to be turned over
    std::vector<std::uint32_t> patch_of_;
    std::vector<patch> patches_;
    std::size_t tests_ = 0;
};

} // namespace

std::vector<std::uint32_t> turned_over(const mesh& model, const edge_links& links)
{
    return orienter(model, links).run();
}

} // namespace layerline::workshop
