#include "workshop/models/edge_buckets.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>

namespace layerline::workshop {

namespace {

// Each block counts for itself where its half-edges go: 20 for a mesh of a million triangles.
constexpr std::size_t triangles_a_block = 65536;

template <class Work>
void for_each_edge(const mesh& model, const std::vector<std::uint8_t>* gone, std::size_t first,
                   std::size_t end, const Work& work)
{
    for (auto t = first; t < end; ++t) {
        if (gone != nullptr && (*gone)[t] != 0) continue;
        const auto [a, b, c] = model.triangles[t];
        const auto h = static_cast<std::uint32_t>(3 * t);
        if (a != b) work(h, a, b);
        if (b != c) work(h + 1, b, c);
        if (c != a) work(h + 2, c, a);
    }
}

} // namespace

edge_buckets::edge_buckets(const mesh& model, std::vector<std::uint8_t>* gone, unsigned threads)
{
    const auto triangles = model.triangles.size();
    const auto buckets = model.points.size() / points + 1, blocks = triangles / triangles_a_block + 1;
    std::vector<std::uint32_t> next(blocks * buckets, 0); // by block, then by bucket
    in_shares(triangles, triangles_a_block, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end && gone != nullptr; ++t) {
            const auto& one = model.triangles[t];
            (*gone)[t] = one[0] == one[1] || one[1] == one[2] || one[2] == one[0] ? 1 : 0;
        }
        auto* const counts = next.data() + first / triangles_a_block * buckets;
        for_each_edge(model, gone, first, end, [counts](std::uint32_t, std::uint32_t from, std::uint32_t to) {
            ++counts[std::min(from, to) / points];
        });
    });
    first_.reserve(buckets + 1);
    std::uint32_t sum = 0;
    for (std::size_t b = 0; b < buckets; ++b) {
        first_.push_back(sum);
        for (std::size_t block = 0; block < blocks; ++block) {
            auto& there = next[block * buckets + b];
            sum += there;
            there = sum - there;
        }
    }
    first_.push_back(sum);
    // NOLINTBEGIN(*-avoid-c-arrays)
    uses_ = std::make_unique_for_overwrite<edge_use[]>(sum);
    lower_ = std::make_unique_for_overwrite<std::uint16_t[]>(sum);
    // NOLINTEND(*-avoid-c-arrays)
    in_shares(triangles, triangles_a_block, threads, [&](std::size_t first, std::size_t end) {
        auto* const places = next.data() + first / triangles_a_block * buckets;
        for_each_edge(model, gone, first, end, [&](std::uint32_t h, std::uint32_t from, std::uint32_t to) {
            const auto [low, high] = std::minmax({from, to});
            const auto place = places[low / points]++;
            uses_[place] = {std::uint64_t{high} << 32U | h << 1U | (from > to ? 1U : 0U)};
            lower_[place] = static_cast<std::uint16_t>(low % points);
        });
    });
}

std::size_t edge_buckets::largest() const
{
    std::size_t most = 0;
    for (std::size_t b = 0; b < count(); ++b)
        most = std::max(most, size_of(b));
    return most;
}

} // namespace layerline::workshop
