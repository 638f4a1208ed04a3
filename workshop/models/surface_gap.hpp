// How far places of a surface that is being made are from the one before it, and the other way round.
#pragma once

#include "workshop/models/corner_table.hpp"
#include "workshop/models/mesh.hpp"
#include "workshop/models/quadric.hpp"
#include "workshop/models/triangle_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace layerline::workshop {

// What a surface was made from.
struct surface_before {
    const mesh& model;
    const triangle_tree& tree;             // of the same triangles
    const std::vector<std::uint32_t>& now; // for each of its points: near which one of the new mesh it is
    const std::vector<quadric>& quadrics;  // of the new mesh's points
};

// A place of the surface before, and a triangle of the new one.
struct gap {
    double squared = 0; // mm^2, how far one is from the other
    point at;
    std::uint32_t triangle = 0;
    bool there = false; // a point of the surface before; else the nearest to a place of the triangle
};

class surface_gap {
public:
    surface_gap(const mesh& model, const corner_table& table, const surface_before& before)
        : model_(model), table_(table), before_(before)
    {
    }

    // How far a place of the surface before is from the surface about the point `near` and beside that: no
    // less than it is. Where it is within `enough` (squared), the search ends.
    gap from(const point& at, std::uint32_t near, double enough) const;
    // The same for all points of the surface before, squared.
    std::vector<float> from_all(double enough, unsigned threads) const;
    // For one in `one_of` of them.
    std::vector<float> from_some(std::size_t one_of, unsigned threads) const;

    // At middles of edges and triangles that by their quadrics are likely to be farther off than `least`
    // (squared), at most `count`.
    std::vector<gap> at_middles(std::size_t count, double least, unsigned threads) const;
    // At all of these triangles, farther off than `least` (squared).
    std::vector<gap> at_middles_of(const std::vector<std::uint32_t>& triangles, double least,
                                   unsigned threads) const;

private:
    // A place: a half-edge's middle, or behind all half-edges a triangle's.
    std::uint32_t half_edges() const { return static_cast<std::uint32_t>(3 * model_.triangles.size()); }
    std::uint32_t corner(std::uint32_t h) const { return model_.triangles[h / 3][h % 3]; }
    vector3 middle(std::uint32_t place) const;
    double cost_at(std::initializer_list<std::uint32_t> points, const vector3& at) const;
    std::vector<gap> at_places(const std::vector<std::uint32_t>& places, double least,
                               unsigned threads) const;

    const mesh& model_;
    const corner_table& table_;
    surface_before before_;
};

} // namespace layerline::workshop
