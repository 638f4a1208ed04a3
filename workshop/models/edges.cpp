#include "workshop/models/edges.hpp"

#include "workshop/models/edge_buckets.hpp"
#include "workshop/models/shares.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <numeric>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::size_t triangles_a_share = 16384;

// Sets of triangles that grow together, by several threads at once. A set's root is its lowest triangle,
// whichever way it grew.
class joined_sets {
public:
    explicit joined_sets(std::size_t count) : parent_(count)
    {
        std::iota(parent_.begin(), parent_.end(), 0U);
    }
    std::uint32_t root(std::uint32_t at)
    {
        for (;;) {
            const auto above = std::atomic_ref(parent_[at]).load(relaxed);
            if (above == at) return at;
            auto expected = above;
            const auto further = std::atomic_ref(parent_[above]).load(relaxed);
            if (further != above)
                std::atomic_ref(parent_[at]).compare_exchange_weak(expected, further, relaxed);
            at = further;
        }
    }
    void join(std::uint32_t a, std::uint32_t b)
    {
        for (;;) {
            a = root(a);
            b = root(b);
            if (a == b) return;
            auto high = std::max(a, b);
            const auto low = std::min(a, b);
            if (std::atomic_ref(parent_[high]).compare_exchange_strong(high, low, relaxed)) return;
        }
    }

private:
    std::vector<std::uint32_t> parent_;
};

// Most points have six or so.
void sort_uses(edge_use* begin, edge_use* end)
{
    constexpr std::ptrdiff_t few = 24;
    if (end - begin > few) return std::sort(begin, end);
    for (auto* next = begin + 1; next < end; ++next) {
        const auto moved = *next;
        auto* to = next;
        for (; to != begin && moved < to[-1]; --to)
            *to = to[-1];
        *to = moved;
    }
}

class linker {
public:
    // `gone`, if there is one, gets a mark for each triangle without a use; those are linked with nothing.
    linker(const mesh& model, const link_options& options, std::vector<std::uint8_t>* gone)
        : model_(model), options_(options), gone_(gone), sets_(options.shells ? model.triangles.size() : 0)
    {
    }

    edge_links run()
    {
        links_.other.assign(3 * model_.triangles.size(), edge_links::open);
        const auto buckets = edge_buckets(model_, gone_, options_.threads);
        // The uses of a bucket are sorted in a place of the thread's own, which stays in its processor's
        // cache; or, of buckets that are too unlike, in one of the bucket's own.
        const auto total = buckets.total(), largest = buckets.largest();
        const auto uses = std::make_unique_for_overwrite<edge_use[]>(total); // NOLINT(*-avoid-c-arrays)
        const bool own = largest * meant(options_.threads) <= total;
        in_shares(buckets.count(), 1, options_.threads, [&](std::size_t b, std::size_t, unsigned worker) {
            link_bucket(buckets, b, uses.get() + (own ? worker * largest : buckets.begin_of(b)));
        });
        links_.open_edges = open_;
        links_.many_edges = many_;
        links_.flipped_edges = flipped_;
        number_shells();
        return std::move(links_);
    }

private:
    struct counts {
        std::size_t open = 0, many = 0, flipped = 0;
    };

    void link_bucket(const edge_buckets& buckets, std::size_t number, edge_use* uses)
    {
        std::array<std::uint32_t, edge_buckets::points + 1> end_of{};
        const auto lower = buckets.lower(number);
        for (const auto p : lower)
            ++end_of[p + 1];
        std::partial_sum(end_of.begin(), end_of.end(), end_of.begin());
        const auto* use = buckets.uses(number).data();
        for (const auto p : lower)
            uses[end_of[p]++] = *use++;
        counts found;
        for (std::size_t p = 0, first = 0; p < edge_buckets::points; first = end_of[p++])
            if (end_of[p] > first) link_point(uses + first, uses + end_of[p], found);
        open_.fetch_add(found.open, relaxed);
        many_.fetch_add(found.many, relaxed);
        flipped_.fetch_add(found.flipped, relaxed);
    }

    void link_point(edge_use* begin, edge_use* end, counts& found)
    {
        sort_uses(begin, end);
        for (auto* at = begin; at != end;) {
            auto* const next =
                std::find_if(at, end, [at](const auto& one) { return one.far() != at->far(); });
            link_edge(at, gone_ != nullptr && next - at > 1 ? without_doubles(at, next) : next, found);
            at = next;
        }
    }

    void link_edge(const edge_use* begin, const edge_use* end, counts& found)
    {
        const auto first = begin->half_edge();
        if (end - begin == 1) {
            ++found.open;
        } else if (end - begin == 2) {
            const auto second = begin[1].half_edge();
            links_.other[first] = second;
            links_.other[second] = first;
            if (begin[0].downward() == begin[1].downward()) ++found.flipped;
        } else {
            ++found.many;
            for (const auto* each = begin; each != end; ++each)
                links_.other[each->half_edge()] = edge_links::many;
        }
        if (options_.shells)
            for (const auto* each = begin + 1; each != end; ++each)
                sets_.join(first / 3, each->half_edge() / 3);
    }

    std::uint32_t tip(const edge_use& one) const
    {
        return model_.triangles[one.half_edge() / 3][(one.half_edge() % 3 + 2) % 3];
    }

    // Of an edge's uses, those by triangles with the same third corner as one before are marked and left out:
    // each of the three edges of such a triangle comes to that by itself.
    edge_use* without_doubles(edge_use* begin, edge_use* end)
    {
        const auto mark = [this](const edge_use& one) {
            std::atomic_ref((*gone_)[one.half_edge() / 3]).store(1, relaxed);
        };
        if (end - begin == 2) {
            if (tip(begin[0]) != tip(begin[1])) return end;
            mark(begin[1]);
            return begin + 1;
        }
        std::sort(begin, end, [this](const edge_use& a, const edge_use& b) {
            return std::pair(tip(a), a) < std::pair(tip(b), b);
        });
        auto* kept = begin;
        for (auto* each = begin + 1; each != end; ++each) {
            if (tip(*each) == tip(*kept))
                mark(*each);
            else
                *++kept = *each;
        }
        std::sort(begin, kept + 1);
        return kept + 1;
    }

    void number_shells()
    {
        if (!options_.shells) return;
        links_.shell.assign(model_.triangles.size(), 0);
        for (std::uint32_t t = 0; t < links_.shell.size(); ++t) {
            const auto root = sets_.root(t);
            links_.shell[t] = root == t ? static_cast<std::uint32_t>(links_.shells++) : links_.shell[root];
        }
    }

    const mesh& model_;
    link_options options_;
    std::vector<std::uint8_t>* gone_;
    joined_sets sets_;
    edge_links links_;
    std::atomic<std::size_t> open_{0}, many_{0}, flipped_{0};
};

} // namespace

edge_links link_edges(const mesh& model, const link_options& options)
{
    return linker(model, options, nullptr).run();
}

edge_links link_after_dropping(mesh& model, dropped_triangles& dropped, const link_options& options)
{
    std::vector<std::uint8_t> gone(model.triangles.size(), 0);
    auto links = linker(model, options, &gone).run();
    for (std::size_t t = 0; t < gone.size(); ++t) {
        if (gone[t] == 0) continue;
        const auto& one = model.triangles[t];
        const bool degenerate = one[0] == one[1] || one[1] == one[2] || one[2] == one[0];
        ++(degenerate ? dropped.degenerate : dropped.doubles);
    }
    drop_triangles(model, links, gone, options.threads);
    return links;
}

std::size_t drop_triangles(mesh& model, edge_links& links, const std::vector<std::uint8_t>& gone,
                           unsigned threads)
{
    if (std::find(gone.begin(), gone.end(), 1) == gone.end()) return 0;
    std::vector<std::uint32_t> now(gone.size());
    std::uint32_t kept = 0;
    for (std::uint32_t t = 0; t < gone.size(); ++t) {
        now[t] = kept;
        if (gone[t] != 0) continue;
        model.triangles[kept] = model.triangles[t];
        if (!links.shell.empty()) links.shell[kept] = links.shell[t];
        for (std::uint32_t i = 0; i < 3; ++i)
            links.other[3 * kept + i] = links.other[3 * t + i];
        ++kept;
    }
    model.triangles.resize(kept);
    links.other.resize(3 * std::size_t{kept});
    if (!links.shell.empty()) links.shell.resize(kept);
    in_shares(links.other.size(), 3 * triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto h = first; h < end; ++h)
            if (auto& across = links.other[h]; across < edge_links::many)
                across = 3 * now[across / 3] + across % 3;
    });
    return gone.size() - kept;
}

void turn_over(mesh& model, edge_links& links, const std::vector<std::uint32_t>& triangles, unsigned threads)
{
    for (const auto t : triangles) {
        // The edges 0-1, 1-2, 2-0 become 0-2, 2-1, 1-0: the first and the last change places.
        std::swap(model.triangles[t][1], model.triangles[t][2]);
        const std::uint32_t first = 3 * t, last = first + 2;
        std::swap(links.other[first], links.other[last]);
        for (const auto h : {first, last})
            if (links.other[h] < edge_links::many) links.other[links.other[h]] = h;
    }
    if (triangles.empty()) return;
    std::atomic<std::size_t> flipped{0};
    in_shares(links.other.size(), 3 * triangles_a_share, threads, [&](std::size_t begin, std::size_t end) {
        std::size_t found = 0;
        for (auto h = static_cast<std::uint32_t>(begin); h < end; ++h) {
            const auto across = links.other[h];
            found += across < edge_links::many && across > h &&
                     corner_from(model, h) == corner_from(model, across);
        }
        flipped.fetch_add(found, relaxed);
    });
    links.flipped_edges = flipped;
}

} // namespace layerline::workshop
