#include "workshop/models/orientation.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace layerline::workshop {

namespace {

// Triangles asked whether a line goes through them, in all: some seconds. Parts beyond it stay as they are.
constexpr std::size_t most_tests = 300'000'000;

constexpr std::size_t triangles_a_piece = 16384, patches_a_share = 64;

// Sums over some triangles, each turned as the first of its patch.
struct measures {
    double volume = 0;
    double area_kept = 0, area_over = 0; // of those that look as the first, and of the others
    point least, most;
};

void widen(measures& into, const point& least, const point& most)
{
    into.least = {std::min(into.least.x, least.x), std::min(into.least.y, least.y),
                  std::min(into.least.z, least.z)};
    into.most = {std::max(into.most.x, most.x), std::max(into.most.y, most.y), std::max(into.most.z, most.z)};
}

void add(measures& into, const measures& more)
{
    into.volume += more.volume;
    into.area_kept += more.area_kept;
    into.area_over += more.area_over;
    widen(into, more.least, more.most);
}

bool encloses(const measures& outer, const measures& inner)
{
    return outer.least.x < inner.least.x && outer.least.y < inner.least.y && outer.least.z < inner.least.z &&
           outer.most.x > inner.most.x && outer.most.y > inner.most.y && outer.most.z > inner.most.z;
}

// What edges with two triangles connect.
struct patch {
    measures sums;
    std::span<const std::uint32_t> triangles;
    bool closed = true;
};

class orienter {
public:
    orienter(const mesh& model, const edge_links& links, unsigned threads)
        : model_(model), links_(links), threads_(threads), state_(model.triangles.size(), unseen)
    {
    }

    std::vector<std::uint32_t> run()
    {
        order_.reserve(model_.triangles.size()); // patches look into it
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t)
            if (state_[t] == unseen) grow(t);
        measure();
        for (std::uint32_t p = 0; p < patches_.size(); ++p)
            if (turns(p))
                for (const auto t : patches_[p].triangles)
                    state_[t] ^= over;
        std::vector<std::uint32_t> found;
        for (std::uint32_t t = 0; t < state_.size(); ++t)
            if (state_[t] == over) found.push_back(t);
        return found;
    }

private:
    static constexpr std::uint8_t kept = 0, over = 1, unseen = 2; // over: to be turned over

    void grow(std::uint32_t first)
    {
        const auto begin = order_.size();
        bool closed = true;
        state_[first] = kept;
        order_.push_back(first);
        for (auto at = begin; at < order_.size(); ++at) {
            const auto t = order_[at];
            for (std::uint32_t h = 3 * t; h < 3 * t + 3; ++h) {
                const auto across = links_.other[h];
                if (across >= edge_links::many) {
                    closed = closed && corner_from(model_, h) == corner_to(model_, h);
                    continue;
                }
                auto& there = state_[across / 3];
                if (there != unseen) continue;
                const bool same_way =
                    links_.flipped_edges > 0 && corner_from(model_, h) == corner_from(model_, across);
                there = same_way ? state_[t] ^ over : state_[t];
                order_.push_back(across / 3);
            }
        }
        patch made;
        made.closed = closed;
        made.triangles = {order_.data() + begin, order_.size() - begin};
        patches_.push_back(made);
    }

    // Patch by patch; large ones in pieces, whose sums come together in their order, whoever made them.
    void measure()
    {
        in_shares(patches_.size(), patches_a_share, threads_, [this](std::size_t first, std::size_t end) {
            for (auto p = first; p < end; ++p)
                if (patches_[p].triangles.size() <= triangles_a_piece)
                    patches_[p].sums = sums_of(patches_[p].triangles);
        });
        std::vector<measures> pieces;
        for (auto& one : patches_) {
            if (one.triangles.size() <= triangles_a_piece) continue;
            pieces.resize((one.triangles.size() + triangles_a_piece - 1) / triangles_a_piece);
            in_shares(
                one.triangles.size(), triangles_a_piece, threads_, [&](std::size_t first, std::size_t end) {
                    pieces[first / triangles_a_piece] = sums_of(one.triangles.subspan(first, end - first));
                });
            one.sums = pieces.front();
            std::for_each(pieces.begin() + 1, pieces.end(), [&](const auto& more) { add(one.sums, more); });
        }
    }

    measures sums_of(std::span<const std::uint32_t> triangles) const
    {
        measures into;
        into.least = into.most = model_.points[model_.triangles[triangles.front()][0]];
        const auto& origin = model_.points.front();
        for (const auto t : triangles) {
            const auto& one = model_.triangles[t];
            const auto& first = model_.points[one[0]];
            const auto& second = model_.points[one[1]];
            const auto& third = model_.points[one[2]];
            const auto normal = cross(difference(second, first), difference(third, first));
            const auto area = std::sqrt(dot(normal, normal)) / 2;
            const auto volume =
                dot(difference(first, origin), cross(difference(second, origin), difference(third, origin))) /
                6;
            into.volume += state_[t] == over ? -volume : volume;
            (state_[t] == over ? into.area_over : into.area_kept) += area;
            for (const auto corner : one)
                widen(into, model_.points[corner], model_.points[corner]);
        }
        return into;
    }

    bool turns(std::uint32_t number)
    {
        const auto& one = patches_[number].sums;
        if (!patches_[number].closed || one.volume == 0) return one.area_over > one.area_kept;
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
            if (p == number || !outer.closed || !encloses(outer.sums, inner.sums)) continue;
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
    unsigned threads_;
    std::vector<std::uint8_t> state_;
    std::vector<std::uint32_t> order_; // triangles, patch by patch
    std::vector<patch> patches_;
    std::size_t tests_ = 0;
};

} // namespace

std::vector<std::uint32_t> turned_over(const mesh& model, const edge_links& links, unsigned threads)
{
    return orienter(model, links, threads).run();
}

} // namespace layerline::workshop
