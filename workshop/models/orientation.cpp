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

// Over some triangles, each turned as the first of its patch. Of closed patches the volume is asked for, of
// others the area.
struct measures {
    double volume = 0;
    double area_kept = 0, area_over = 0; // of those that look as the first, and of the others
    point least, most;                   // of closed patches, where there are several
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
    std::span<std::uint32_t> triangles;
    std::uint32_t count = 0; // of them
    bool closed = true;
};

class orienter {
public:
    orienter(const mesh& model, const edge_links& links, unsigned threads)
        : model_(model), links_(links), threads_(threads), over_(model.triangles.size(), 0),
          patch_of_(model.triangles.size(), unseen)
    {
    }

    std::vector<std::uint32_t> run()
    {
        for (std::uint32_t t = 0; t < model_.triangles.size(); ++t)
            if (patch_of_[t] == unseen) grow(t);
        gather();
        measure();
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

    // Round by round, so that where a surface can look no one way, the seam is short.
    void grow(std::uint32_t first)
    {
        const auto number = static_cast<std::uint32_t>(patches_.size());
        patch made;
        patch_of_[first] = number;
        waiting_.assign(1, first);
        for (std::size_t at = 0; at < waiting_.size(); ++at) {
            ask_ahead(at);
            const auto t = waiting_[at];
            for (std::uint32_t h = 3 * t; h < 3 * t + 3; ++h) {
                const auto across = links_.other[h];
                if (across >= edge_links::many) {
                    made.closed = made.closed && corner_from(model_, h) == corner_to(model_, h);
                    continue;
                }
                if (patch_of_[across / 3] != unseen) continue;
                patch_of_[across / 3] = number;
                waiting_.push_back(across / 3);
                if (links_.flipped_edges == 0) continue;
                const bool same_way = corner_from(model_, h) == corner_from(model_, across);
                over_[across / 3] = static_cast<std::uint8_t>(over_[t] ^ (same_way ? 1U : 0U));
            }
        }
        made.count = static_cast<std::uint32_t>(waiting_.size());
        patches_.push_back(made);
    }

    // The round is no way through memory that the processor could guess: what a triangle needs is asked for
    // while those before it are looked at.
    void ask_ahead(std::size_t at) const
    {
        constexpr std::size_t soon = 8, later = 16;
        if (at + later < waiting_.size()) {
            const auto t = waiting_[at + later];
            __builtin_prefetch(&links_.other[std::size_t{3} * t]);
            if (links_.flipped_edges > 0) __builtin_prefetch(&model_.triangles[t]);
        }
        if (at + soon >= waiting_.size()) return;
        for (std::uint32_t h = 3 * waiting_[at + soon], end = h + 3; h < end; ++h) {
            const auto across = links_.other[h];
            if (across >= edge_links::many) continue;
            __builtin_prefetch(&patch_of_[across / 3]);
            if (links_.flipped_edges > 0) __builtin_prefetch(&model_.triangles[across / 3]);
        }
    }

    // Puts triangles in the order of their patches, and within one in their own.
    void gather()
    {
        order_.resize(model_.triangles.size());
        auto* begin = order_.data();
        for (auto& one : patches_) {
            one.triangles = {begin, 0};
            begin += one.count;
        }
        for (std::uint32_t t = 0; t < order_.size(); ++t) {
            auto& mine = patches_[patch_of_[t]].triangles;
            mine = {mine.data(), mine.size() + 1};
            mine.back() = t;
        }
    }

    // Patch by patch; large ones in pieces, whose sums come together in their order, whoever made them.
    void measure()
    {
        in_shares(patches_.size(), patches_a_share, threads_, [this](std::size_t first, std::size_t end) {
            for (auto p = first; p < end; ++p)
                if (patches_[p].triangles.size() <= triangles_a_piece)
                    patches_[p].sums = sums_of(patches_[p].triangles, patches_[p].closed);
        });
        std::vector<measures> pieces;
        for (auto& one : patches_) {
            if (one.triangles.size() <= triangles_a_piece) continue;
            pieces.resize((one.triangles.size() + triangles_a_piece - 1) / triangles_a_piece);
            in_shares(one.triangles.size(), triangles_a_piece, threads_,
                      [&](std::size_t first, std::size_t end) {
                          pieces[first / triangles_a_piece] =
                              sums_of(one.triangles.subspan(first, end - first), one.closed);
                      });
            one.sums = pieces.front();
            std::for_each(pieces.begin() + 1, pieces.end(), [&](const auto& more) { add(one.sums, more); });
        }
    }

    measures sums_of(std::span<const std::uint32_t> triangles, bool closed) const
    {
        measures into;
        into.least = into.most = model_.points[model_.triangles[triangles.front()][0]];
        const auto& origin = model_.points.front();
        const bool boxes = patches_.size() > 1;
        for (const auto t : triangles) {
            const auto& one = model_.triangles[t];
            const auto& a = model_.points[one[0]];
            const auto& b = model_.points[one[1]];
            const auto& c = model_.points[one[2]];
            if (!closed) {
                const auto normal = cross(difference(b, a), difference(c, a));
                (over_[t] != 0 ? into.area_over : into.area_kept) += std::sqrt(dot(normal, normal)) / 2;
                continue;
            }
            const auto volume =
                dot(difference(a, origin), cross(difference(b, origin), difference(c, origin))) / 6;
            into.volume += over_[t] != 0 ? -volume : volume;
            for (std::size_t i = 0; i < 3 && boxes; ++i)
                widen(into, model_.points[one[i]], model_.points[one[i]]);
        }
        return into;
    }

    bool turns_by_area(const patch& one) const
    {
        const auto areas = one.closed ? sums_of(one.triangles, false) : one.sums;
        return areas.area_over > areas.area_kept;
    }

    bool turns(std::uint32_t number)
    {
        const auto& one = patches_[number];
        if (!one.closed || one.sums.volume == 0) return turns_by_area(one);
        const auto around = depth(number);
        if (!around) return turns_by_area(one);
        const bool outward = *around % 2 == 0;
        return (one.sums.volume > 0) != outward;
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
    std::vector<std::uint8_t> over_; // 1: to be turned over
    std::vector<std::uint32_t> patch_of_, waiting_, order_;
    std::vector<patch> patches_;
    std::size_t tests_ = 0;
};

} // namespace

std::vector<std::uint32_t> turned_over(const mesh& model, const edge_links& links, unsigned threads)
{
    return orienter(model, links, threads).run();
}

} // namespace layerline::workshop
