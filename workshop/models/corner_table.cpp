#include "workshop/models/corner_table.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::size_t things_a_share = 32'768;

} // namespace

corner_table::corner_table(mesh& model, std::vector<std::uint32_t> other, unsigned threads)
    : model_(model), threads_(threads), other_(std::move(other)), first_(model.points.size(), none),
      about_(model.points.size(), surrounding::other)
{
    const auto& triangles = model_.triangles;
    // What is across changes here alone, so that both half-edges of an edge come to the same.
    std::vector<bool> shared(other_.size());
    // A share is of whole words: none is two threads'.
    static_assert(things_a_share % 64 == 0);
    in_shares(other_.size(), things_a_share, threads, [&](std::size_t begin, std::size_t end) {
        for (auto h = static_cast<std::uint32_t>(begin); h < end; ++h)
            shared[h] = other_[h] < edge_links::many && corner(h) == corner(after(other_[h])) &&
                        corner(after(h)) == corner(other_[h]) && corner(h) != corner(after(h));
    });
    std::vector<std::uint32_t> degree(model_.points.size(), 0);
    for (std::uint32_t h = 0; h < other_.size(); ++h) {
        const auto p = corner(h);
        if (!shared[h]) other_[h] = none;
        if (other_[h] == none || first_[p] == none) first_[p] = h;
        const auto& [a, b, c] = triangles[h / 3];
        // More corners than a walk can find.
        degree[p] += a == b || b == c || c == a ? 1U << 20U : 1;
    }
    in_shares(first_.size(), things_a_share, threads, [&](std::size_t begin, std::size_t end) {
        for (auto p = static_cast<std::uint32_t>(begin); p < end; ++p) {
            if (first_[p] == none) continue;
            std::uint32_t found = 0;
            each_about(p, [&found](std::uint32_t) { ++found; });
            if (found == degree[p])
                about_[p] = other_[first_[p]] == none ? surrounding::fan : surrounding::ring;
        }
    });
}

void corner_table::find_ring(std::uint32_t p, ring& found) const
{
    found.count = 0;
    found.closed = about_[p] == surrounding::ring;
    if (about_[p] == surrounding::other) return;
    auto h = first_[p];
    do {
        if (found.count == most_ring) {
            found.count = 0;
            return;
        }
        const auto& one = model_.triangles[h / 3];
        const auto at = h % 3;
        found.from[found.count] = h;
        found.sides[found.count++] = {one[at == 2 ? 0 : at + 1], one[at == 0 ? 2 : at - 1]};
        h = other_[before(h)];
    } while (h != none && h != first_[p]);
}

void corner_table::collapse(std::uint32_t half_edge, const ring& of_first)
{
    // The triangles p-to-b and to-p-a go; what was across their other edges becomes neighbours.
    const auto h = half_edge, g = other_[h], p = corner(h), to = corner(g);
    const auto b = corner(before(h)), a = corner(before(g));
    const auto to_b = other_[after(h)], p_b = other_[before(h)], a_p = other_[after(g)],
               to_a = other_[before(g)];
    if (first_[to] == after(h) || first_[to] == g) first_[to] = p_b;
    if (first_[b] == before(h)) first_[b] = after(p_b);
    if (first_[a] == before(g)) first_[a] = a_p;
    for (std::size_t i = 0; i < of_first.count; ++i)
        corner(of_first.from[i]) = to;
    model_.triangles[h / 3] = model_.triangles[g / 3] = {none, none, none};
    join(p_b, to_b);
    join(a_p, to_a);
    first_[p] = none;
    about_[p] = surrounding::other;
}

std::uint32_t corner_table::add(std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
    const auto t = static_cast<std::uint32_t>(model_.triangles.size());
    model_.triangles.push_back({a, b, c});
    other_.insert(other_.end(), 3, none);
    return 3 * t;
}

std::uint32_t corner_table::add(const point& at)
{
    model_.points.push_back(at);
    first_.push_back(none);
    about_.push_back(surrounding::ring);
    return static_cast<std::uint32_t>(first_.size() - 1);
}

void corner_table::split_triangle(std::uint32_t t, const point& at)
{
    const auto p = add(at);
    const auto [a, b, c] = model_.triangles[t];
    const auto h = 3 * t, u = add(b, c, p), v = add(c, a, p);
    model_.triangles[t][2] = p;
    join(u, other_[h + 1]);
    join(v, other_[h + 2]);
    join(h + 1, u + 2);
    join(u + 1, v + 2);
    join(v + 1, h + 2);
    if (first_[b] == h + 1) first_[b] = u;
    if (first_[c] == h + 2) first_[c] = v;
    first_[p] = h + 2;
}

void corner_table::split_edge(std::uint32_t half_edge, const point& at)
{
    const auto p = add(at);
    // a-b-c becomes a-p-c and p-b-c, b-a-d becomes b-p-d and p-a-d.
    const auto h = half_edge, g = other_[h], a = corner(h), b = corner(g);
    const auto b_c = after(h), a_d = after(g);
    const auto v = add(p, b, corner(before(h))), w = add(p, a, corner(before(g)));
    corner(b_c) = p;
    corner(a_d) = p;
    join(v + 1, other_[b_c]);
    join(w + 1, other_[a_d]);
    join(b_c, v + 2);
    join(a_d, w + 2);
    join(h, w);
    join(g, v);
    if (first_[b] == b_c) first_[b] = v + 1;
    if (first_[a] == a_d) first_[a] = w + 1;
    first_[p] = v;
}

std::vector<std::uint32_t> corner_table::compact()
{
    std::vector<std::uint32_t> points(first_.size(), none), triangles(model_.triangles.size(), none);
    std::uint32_t kept_points = 0, kept = 0;
    for (std::uint32_t p = 0; p < points.size(); ++p)
        if (first_[p] != none) points[p] = kept_points++;
    for (std::uint32_t t = 0; t < triangles.size(); ++t)
        if (!gone(t)) triangles[t] = kept++;
    const auto half_edge = [&triangles](std::uint32_t h) {
        return h == none ? none : 3 * triangles[h / 3] + h % 3;
    };
    // Into places of their own: who is at work on a share disturbs nobody's.
    std::vector<triangle> corners(kept);
    std::vector<std::uint32_t> other(3 * static_cast<std::size_t>(kept));
    in_shares(triangles.size(), things_a_share, threads_, [&](std::size_t begin, std::size_t end) {
        for (auto t = static_cast<std::uint32_t>(begin); t < end; ++t) {
            const auto to = triangles[t];
            if (to == none) continue;
            for (std::uint32_t i = 0; i < 3; ++i) {
                corners[to].at(i) = points[model_.triangles[t].at(i)];
                other[3 * to + i] = half_edge(other_[3 * t + i]);
            }
        }
    });
    model_.triangles = std::move(corners);
    other_ = std::move(other);
    std::vector<point> places(kept_points);
    std::vector<std::uint32_t> first(kept_points);
    std::vector<surrounding> about(kept_points);
    in_shares(points.size(), things_a_share, threads_, [&](std::size_t begin, std::size_t end) {
        for (auto p = static_cast<std::uint32_t>(begin); p < end; ++p) {
            const auto to = points[p];
            if (to == none) continue;
            first[to] = half_edge(first_[p]);
            about[to] = about_[p];
            places[to] = model_.points[p];
        }
    });
    model_.points = std::move(places);
    first_ = std::move(first);
    about_ = std::move(about);
    return points;
}

} // namespace layerline::workshop
