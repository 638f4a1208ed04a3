// A mesh's half-edges by the lower of their points, roughly: so that what meets at an edge is found in pieces
// that fit into a processor's cache, by several threads.
#pragma once

#include "workshop/models/mesh.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace layerline::workshop {

class edge_buckets {
public:
    static constexpr std::size_t points = 4096; // of each bucket, one after the other

    // Edges of no length are left out. With `gone`, triangles that have one get a mark there and are left
    // out.
    edge_buckets(const mesh& model, std::vector<std::uint8_t>* gone, unsigned threads);

    std::size_t count() const { return first_.size() - 1; }
    std::size_t begin_of(std::size_t bucket) const { return first_[bucket]; }
    // In ascending order, with any number of threads.
    std::span<const std::uint32_t> half_edges(std::size_t bucket) const
    {
        return {all_.get() + first_[bucket], first_[bucket + 1] - first_[bucket]};
    }
    std::size_t total() const { return first_.back(); }
    // How many half-edges the fullest has.
    std::size_t largest() const;

private:
    std::vector<std::uint32_t> first_;
    std::unique_ptr<std::uint32_t[]> all_; // NOLINT(*-avoid-c-arrays): not written twice
};

} // namespace layerline::workshop
