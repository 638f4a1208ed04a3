// A mesh's half-edges by the lower of their points, roughly: so that what meets at an edge is found in pieces
// that fit into a processor's cache, by several threads.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace layerline::workshop {

// One use of an edge, without its lower point: in their order, uses of an edge are side by side.
struct edge_use {
    std::uint64_t all; // the higher point, the half-edge (31 bits), whether it runs from the higher point

    std::uint32_t far() const { return static_cast<std::uint32_t>(all >> 32U); }
    std::uint32_t half_edge() const { return static_cast<std::uint32_t>(all) >> 1U; }
    bool downward() const { return (all & 1U) != 0; }
    friend auto operator<=>(const edge_use&, const edge_use&) = default; // NOLINT(modernize-use-nullptr)
};

class edge_buckets {
public:
    static constexpr std::size_t points = 4096; // of each bucket, one after the other

    // Edges of no length are left out. With `gone`, triangles that have one get a mark there and are left
    // out.
    edge_buckets(const mesh& model, std::vector<std::uint8_t>* gone, unsigned threads);

    std::size_t count() const { return first_.size() - 1; }
    std::size_t begin_of(std::size_t bucket) const { return first_[bucket]; }
    std::size_t size_of(std::size_t bucket) const { return first_[bucket + 1] - first_[bucket]; }
    // Half-edges ascend, with any number of threads.
    std::span<const edge_use> uses(std::size_t bucket) const
    {
        return {uses_.get() + begin_of(bucket), size_of(bucket)};
    }
    // Their lower points, counted from the bucket's first.
    std::span<const std::uint16_t> lower(std::size_t bucket) const
    {
        return {lower_.get() + begin_of(bucket), size_of(bucket)};
    }
    std::size_t total() const { return first_.back(); }
    // How many uses the fullest has.
    std::size_t largest() const;

private:
    std::vector<std::uint32_t> first_;
    // NOLINTBEGIN(*-avoid-c-arrays): written once
    std::unique_ptr<edge_use[]> uses_;
    std::unique_ptr<std::uint16_t[]> lower_;
    // NOLINTEND(*-avoid-c-arrays)
};

} // namespace layerline::workshop
