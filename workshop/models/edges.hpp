// Which triangles meet at which edges. Half-edge h is the edge from corner h % 3 of triangle h / 3 to its
// next.
#pragma once

#include "workshop/models/mesh.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace layerline::workshop {

struct edge_links {
    static constexpr std::uint32_t open =
        std::numeric_limits<std::uint32_t>::max();  // nothing on the other side
    static constexpr std::uint32_t many = open - 1; // three or more triangles

    // By half-edge: the one on the other side, which may run the same way (then one of the two triangles is
    // turned over), or open, or many.
    std::vector<std::uint32_t> other;
    // Triangles that belong together by edges of any kind; by triangle, from 0.
    std::vector<std::uint32_t> shell;
    std::size_t shells = 0;
    // Edges, each counted once.
    std::size_t open_edges = 0, many_edges = 0, flipped_edges = 0;
};

inline std::uint32_t corner_from(const mesh& model, std::uint32_t half_edge)
{
    return model.triangles[half_edge / 3][half_edge % 3];
}

inline std::uint32_t corner_to(const mesh& model, std::uint32_t half_edge)
{
    return model.triangles[half_edge / 3][(half_edge % 3 + 1) % 3];
}

// What link_edges() is to find, and on how many cores (0: on all); what it says is the same with any number.
struct link_options {
    bool shells = true; // else every triangle is in shell 0 of none
    unsigned threads = 0;
};

// Of a welded mesh. Linear in time but for points at which very many triangles meet (n log n there). Edges of
// no length (both ends one point) are left out: they are open and counted nowhere.
edge_links link_edges(const mesh& model, const link_options& options = {});

struct dropped_triangles {
    std::size_t degenerate = 0; // two corners are one point
    std::size_t doubles = 0;    // the corners of one before, whichever way it turns
};

// The same, of what is left when triangles without a use have been dropped from the mesh.
edge_links link_after_dropping(mesh& model, dropped_triangles& dropped, const link_options& options = {});

// Drops the triangles that are marked, and renumbers links, which stay good for edges that no dropped
// triangle had; counts of edges and shells are left as they are. Gives how many it were.
std::size_t drop_triangles(mesh& model, edge_links& links, const std::vector<std::uint8_t>& gone,
                           unsigned threads = 0);

// Turns triangles over, and keeps the links as link_edges() would give them afterwards.
void turn_over(mesh& model, edge_links& links, const std::vector<std::uint32_t>& triangles,
               unsigned threads = 0);

} // namespace layerline::workshop
