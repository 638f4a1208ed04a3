// For each point the planes of all triangles that it had or that were joined to it.
#pragma once

#include "workshop/models/corner_table.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/quadric.hpp"

#include <cstdint>
#include <vector>

namespace layerline::workshop {

class point_quadrics {
public:
    // Of points with a ring or a fan; those of the others are empty. The mesh has to outlive it; its points
    // stay where they are as long as costs are asked.
    point_quadrics(const mesh& model, const corner_table& table, unsigned threads);

    // mm^2: the mean over all planes of both points, at `to`, by area.
    double cost(std::uint32_t p, std::uint32_t to) const
    {
        const auto both = own_[p].weight + own_[to].weight;
        return both > 0 ? (all_[p].at(model_.points[to]) + own_[to].sum) / both : 0;
    }
    void join(std::uint32_t p, std::uint32_t to)
    {
        all_[to].take(all_[p]);
        own_[to] = {all_[to].at(model_.points[to]), all_[to].weight};
    }

    const std::vector<quadric>& all() const { return all_; }

    // Calls `keep` for what is kept by point.
    template <class Keep>
    void renumber(const Keep& keep)
    {
        keep(all_);
        keep(own_);
    }

private:
    // Of a point's own quadric, at the point.
    struct own_share {
        double sum = 0, weight = 0;
    };

    void take_planes(const corner_table& table, std::uint32_t p);

    const mesh& model_;
    std::vector<quadric> all_;
    std::vector<own_share> own_;
};

} // namespace layerline::workshop
