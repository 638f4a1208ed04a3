// A mesh whose triangles know their neighbours while it is changed: edges collapse, triangles and edges are
// split, in constant time each.
#pragma once

#include "workshop/models/edges.hpp"
#include "workshop/models/mesh.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace layerline::workshop {

// Half-edges are numbered as in edges.hpp. Different threads may change it at once where no point of the
// rings at which they work is the same.
class corner_table {
public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::size_t most_ring =
        64; // triangles at a point; the work at it grows with their square

    // What is about a point.
    enum class surrounding : std::uint8_t {
        ring,  // one closed ring of triangles
        fan,   // one row of triangles between two open edges
        other, // anything else: several of these, nothing
    };

    // Of a triangle's corners, after the point itself.
    struct side {
        std::uint32_t next, last;
    };
    // The triangles about a point, in their order.
    struct ring { // NOLINT(cppcoreguidelines-pro-type-member-init): as many as `count` says
        std::array<side, most_ring> sides;
        std::array<std::uint32_t, most_ring> from; // half-edges from the point to sides[i].next
        std::size_t count = 0;                     // 0: no ring, no fan, or too many triangles
        bool closed = false;

        const side* begin() const { return sides.data(); }
        const side* end() const { return sides.data() + count; }
    };

    // The mesh has to outlive it. `other` is link_edges' of it, or of the same triangles before points of
    // theirs were parted: edges that they no longer share are open.
    corner_table(mesh& model, std::vector<std::uint32_t> other, unsigned threads);

    surrounding about(std::uint32_t p) const { return about_[p]; }
    void find_ring(std::uint32_t p, ring& found) const;

    // Calls `found(half-edge from p)` for each triangle about a point that has a ring or a fan, in their
    // order.
    template <class Found>
    void each_about(std::uint32_t p, Found found) const
    {
        auto h = first_[p];
        do {
            found(h);
            h = other_[before(h)];
        } while (h != none && h != first_[p]);
    }

    // Joins the point at the half-edge's beginning, which has a closed ring, to the one at its end.
    // Both triangles at the edge are gone.
    void collapse(std::uint32_t half_edge, const ring& of_first);
    bool gone(std::size_t t) const { return model_.triangles[t][0] == none; }

    // Parts a triangle into three at a new point.
    void split_triangle(std::uint32_t t, const point& at);
    // Parts both triangles at an edge in two at a new point. Not of open edges.
    void split_edge(std::uint32_t half_edge, const point& at);
    bool open(std::uint32_t half_edge) const { return other_[half_edge] == none; }
    std::uint32_t across(std::uint32_t half_edge) const { return other_[half_edge]; }

    // Takes triangles that are gone and points without any out of the mesh; the rest keeps its order. Returns
    // the new number of each point, none for those that are gone.
    std::vector<std::uint32_t> compact();

    static std::uint32_t after(std::uint32_t h) { return h % 3 == 2 ? h - 2 : h + 1; }
    static std::uint32_t before(std::uint32_t h) { return h % 3 == 0 ? h + 2 : h - 1; }

private:
    std::uint32_t& corner(std::uint32_t h) { return model_.triangles[h / 3][h % 3]; }
    std::uint32_t corner(std::uint32_t h) const { return model_.triangles[h / 3][h % 3]; }
    void join(std::uint32_t h, std::uint32_t other)
    {
        if (h != none) other_[h] = other;
        if (other != none) other_[other] = h;
    }
    std::uint32_t add(const point& at);
    std::uint32_t add(std::uint32_t a, std::uint32_t b, std::uint32_t c);

    mesh& model_;
    unsigned threads_;
    std::vector<std::uint32_t> other_; // by half-edge; none where it is open
    std::vector<std::uint32_t> first_; // a half-edge from each point; the first one of a fan
    std::vector<surrounding> about_;
};

} // namespace layerline::workshop
