// The triangles of a mesh in a tree of boxes: which are near a place, which may touch a box.
#pragma once

#include "workshop/models/mesh.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace layerline::workshop {

struct bounds {
    point least{std::numeric_limits<float>::max(), std::numeric_limits<float>::max(),
                std::numeric_limits<float>::max()};
    point most{std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest(),
               std::numeric_limits<float>::lowest()};

    void take(const point& at);
    void take(const bounds& other);
    bool meets(const bounds& other) const
    {
        return least.x <= other.most.x && other.least.x <= most.x && least.y <= other.most.y &&
               other.least.y <= most.y && least.z <= other.most.z && other.least.z <= most.z;
    }
    // From a place to the box, squared; 0 inside.
    double squared_distance(const vector3& from) const
    {
        // Without a branch: which it is cannot be foretold.
        const auto outside = [](double value, double low, double high) {
            return std::max(std::max(low - value, value - high), 0.0);
        };
        const auto x = outside(from.x, least.x, most.x), y = outside(from.y, least.y, most.y),
                   z = outside(from.z, least.z, most.z);
        return x * x + y * y + z * z;
    }
};

bounds bounds_of(const mesh& model);
bounds bounds_of(const mesh& model, std::uint32_t which);

struct nearest_place {
    double squared_distance = std::numeric_limits<double>::max();
    std::uint32_t triangle = 0;
    std::uint32_t leaf = 0; // of the tree, that the triangle is in
};

// Built along a space-filling curve: a full binary tree, n log n at worst, 30 bytes a triangle. The mesh has
// to outlive it and stay as it is.
class triangle_tree {
public:
    // On `threads` cores; 0: on all.
    explicit triangle_tree(const mesh& model, unsigned threads = 1);

    // Of a mesh that has triangles. `hint` is a leaf of it that is likely to be near: the search then begins
    // there instead of at the root. It ends with the first place that is at most `enough` away (squared), if
    // there is one: then others may be nearer.
    nearest_place nearest(const vector3& from, std::optional<std::uint32_t> hint = std::nullopt,
                          double enough = 0) const;

    // Whether one other than `but` is at most `distance` away. Each box that is looked at takes one off
    // `patience`; with none left it is false.
    bool any_within(const vector3& from, double distance, std::uint32_t but, std::size_t& patience) const;

    // Calls `found(triangle)` for each whose leaf's box meets `box`.
    template <class Found>
    void near(const bounds& box, Found found) const
    {
        std::array<std::uint32_t, 64> stack{};
        std::size_t depth = 0;
        stack.at(depth++) = 0;
        while (depth > 0) {
            const auto node = stack.at(--depth);
            if (!boxes_[node].meets(box)) continue;
            if (node + 1 >= leaves_) {
                for (auto at = first_of(node); at < end_of(node); ++at)
                    found(order_[at]);
                continue;
            }
            stack.at(depth++) = 2 * node + 2;
            stack.at(depth++) = 2 * node + 1;
        }
    }

    // The triangles, neighbours mostly near each other.
    const std::vector<std::uint32_t>& order() const { return order_; }

    // Leaves hold order()[first] to order()[second - 1]; the last ones may be empty.
    static constexpr std::size_t in_leaf = 4;
    std::size_t leaves() const { return leaves_; }
    std::pair<std::size_t, std::size_t> of_leaf(std::size_t leaf) const
    {
        return {std::min(leaf * in_leaf, order_.size()), std::min((leaf + 1) * in_leaf, order_.size())};
    }
    const bounds& box_of_leaf(std::size_t leaf) const { return boxes_[leaves_ - 1 + leaf]; }

    // Calls `found(leaf)` for each behind `leaf` whose box meets `box`, as long as it says true.
    template <class Found>
    void later_leaves(std::size_t leaf, const bounds& box, Found found) const
    {
        // Nodes from the root on, with the last leaf below each.
        std::array<std::pair<std::size_t, std::size_t>, 64> stack{};
        std::size_t depth = 0;
        stack.at(depth++) = {0, leaves_ - 1};
        while (depth > 0) {
            const auto [node, last] = stack.at(--depth);
            if (last <= leaf || !boxes_[node].meets(box)) continue;
            if (node + 1 >= leaves_) {
                if (!found(last)) return;
                continue;
            }
            // A node of level n (the root's is 0) is the (2^n - 1)th or a later one, over leaves_ / 2^n
            // leaves.
            const auto width = leaves_ >> (std::bit_width(node + 1) - 1);
            stack.at(depth++) = {2 * node + 2, last};
            stack.at(depth++) = {2 * node + 1, last - width / 2};
        }
    }

private:
    std::size_t first_of(std::size_t node) const { return (node + 1 - leaves_) * in_leaf; }
    std::size_t end_of(std::size_t node) const { return std::min(first_of(node) + in_leaf, order_.size()); }
    void look_in_leaf(const vector3& from, std::uint32_t node, nearest_place& best) const;
    void look_below(const vector3& from, std::uint32_t top, double enough, nearest_place& best) const;

    const mesh* model_;
    std::vector<std::uint32_t> order_;
    std::vector<bounds> boxes_; // node n has the children 2n + 1 and 2n + 2
    std::size_t leaves_ = 1;    // a power of two
};

// From a place to the nearest one of a triangle, squared.
double squared_distance(const vector3& from, const vector3& a, const vector3& b, const vector3& c);

} // namespace layerline::workshop
