#include "workshop/models/contours.hpp"

#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t nowhere = edge_links::open;

bool is_open(const mesh& model, const edge_links& links, std::uint32_t half_edge)
{
    return links.other[half_edge] == edge_links::open &&
           corner_from(model, half_edge) != corner_to(model, half_edge);
}

std::uint32_t next_in_triangle(std::uint32_t half_edge)
{
    return half_edge - half_edge % 3 + (half_edge % 3 + 1) % 3;
}

// The open half-edge that begins where this one ends, found by turning about that point from triangle to
// triangle; edge_links::open if the way is barred.
std::uint32_t next_open(const mesh& model, const edge_links& links, std::uint32_t from)
{
    auto at = next_in_triangle(from);
    for (std::size_t turns = 0; turns < links.other.size(); ++turns) {
        const auto across = links.other[at];
        if (across == edge_links::open) return is_open(model, links, at) ? at : edge_links::open;
        if (across == edge_links::many) return edge_links::open;
        if (corner_from(model, across) == corner_from(model, at)) return edge_links::open; // turned over
        at = next_in_triangle(across);
    }
    return edge_links::open;
}

} // namespace

std::vector<std::vector<std::uint32_t>> find_contours(const mesh& model, const edge_links& links)
{
    std::vector<std::vector<std::uint32_t>> found;
    std::vector<std::uint32_t> edges; // that are open
    for (std::uint32_t h = 0; h < links.other.size(); ++h)
        if (is_open(model, links, h)) edges.push_back(h);
    if (edges.empty()) return found;
    // By half-edge and by point, but nothing stands there except for those at hand: few, as a rule.
    // NOLINTBEGIN(*-avoid-c-arrays)
    const auto next = std::make_unique_for_overwrite<std::uint32_t[]>(links.other.size());
    const auto state = std::make_unique_for_overwrite<std::uint8_t[]>(links.other.size());
    const auto place = std::make_unique_for_overwrite<std::uint32_t[]>(model.points.size());
    // NOLINTEND(*-avoid-c-arrays)
    constexpr std::uint8_t has_before = 1, seen = 2;
    for (const auto h : edges) {
        state[h] = 0;
        place[corner_from(model, h)] = nowhere; // in the chain at hand
    }
    for (const auto h : edges) {
        next[h] = next_open(model, links, h);
        if (next[h] != edge_links::open) state[next[h]] |= has_before;
    }
    const auto follow = [&](std::uint32_t start) {
        std::vector<std::uint32_t> chain;
        const auto cut_at =
            [&](std::uint32_t corner) { // the chain is at this point again: a contour of its own
                const auto begin = chain.begin() + place[corner];
                for (auto each = begin; each != chain.end(); ++each)
                    place[corner_from(model, *each)] = nowhere;
                found.emplace_back(begin, chain.end());
                chain.erase(begin, chain.end());
            };
        for (auto at = start; at != edge_links::open && (state[at] & seen) == 0; at = next[at]) {
            state[at] |= seen;
            const auto corner = corner_from(model, at);
            if (place[corner] != nowhere) cut_at(corner);
            place[corner] = static_cast<std::uint32_t>(chain.size());
            chain.push_back(at);
        }
        for (const auto h : chain)
            place[corner_from(model, h)] = nowhere;
        if (!chain.empty()) found.push_back(std::move(chain));
    };
    for (const auto h : edges) // those that do not close, from their beginning
        if ((state[h] & has_before) == 0) follow(h);
    for (const auto h : edges)
        follow(h);
    return found;
}

bool is_planar(const mesh& model, const std::vector<std::uint32_t>& contour, double tolerance)
{
    // Newell's normal: the sum over the edges, good for any polygon.
    const auto& origin = model.points[corner_from(model, contour.front())];
    vector3 normal;
    for (const auto h : contour) {
        const auto part = cross(difference(model.points[corner_from(model, h)], origin),
                                difference(model.points[corner_to(model, h)], origin));
        normal = {normal.x + part.x, normal.y + part.y, normal.z + part.z};
    }
    const auto length = std::sqrt(dot(normal, normal));
    if (!(length > 0)) return false;
    for (const auto h : contour)
        if (std::abs(dot(difference(model.points[corner_from(model, h)], origin), normal)) >
            tolerance * length)
            return false;
    return true;
}

} // namespace layerline::workshop
