#include "workshop/models/surface_gap.hpp"

#include "workshop/models/shares.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace layerline::workshop {

namespace {

constexpr std::size_t points_a_share = 4096, places_a_share = 256;
constexpr int most_steps = 4; // from where a point was joined to, to where it is nearest

vector3 place_of(const point& at)
{
    return {at.x, at.y, at.z};
}

point point_at(const vector3& at)
{
    return {static_cast<float>(at.x), static_cast<float>(at.y), static_cast<float>(at.z)};
}

double squared_between(const point& a, const point& b)
{
    const auto d = difference(a, b);
    return dot(d, d);
}

// A place of the triangle near `from`: the nearest one if that is inside.
point foot(const point& from, const point& a, const point& b, const point& c)
{
    const auto n = cross(difference(b, a), difference(c, a));
    const auto part = [&](const point& p, const point& q) {
        return std::max(0.0, dot(cross(difference(q, p), difference(from, p)), n));
    };
    const auto u = part(b, c), v = part(c, a), w = part(a, b), sum = u + v + w;
    if (!(sum > 0)) return a;
    return point_at({(u * a.x + v * b.x + w * c.x) / sum, (u * a.y + v * b.y + w * c.y) / sum,
                     (u * a.z + v * b.z + w * c.z) / sum});
}

} // namespace

gap surface_gap::from(const point& at, std::uint32_t near, double enough) const
{
    const auto& points = model_.points;
    gap best{std::numeric_limits<double>::max(), at, 0, true};
    corner_table::ring about;
    for (int step = 0; step < most_steps; ++step) {
        const auto before = best.squared;
        table_.find_ring(near, about);
        for (std::size_t i = 0; i < about.count; ++i) {
            const auto t = about.from.at(i) / 3;
            const auto& [a, b, c] = model_.triangles[t];
            const auto far =
                squared_distance(place_of(at), place_of(points[a]), place_of(points[b]), place_of(points[c]));
            if (far < best.squared) {
                best.squared = far;
                best.triangle = t;
            }
            if (far <= enough) return best;
        }
        if (!(best.squared < before)) break;
        const auto corners = model_.triangles[best.triangle];
        const auto farther = [&](std::uint32_t a, std::uint32_t b) {
            if (a == near || b == near) return b == near && a != near;
            return squared_between(points[a], at) < squared_between(points[b], at);
        };
        near = *std::min_element(corners.begin(), corners.end(), farther);
    }
    if (best.squared == std::numeric_limits<double>::max()) best.squared = 0; // nothing about it has changed
    return best;
}

std::vector<float> surface_gap::from_all(double enough, unsigned threads) const
{
    const auto& was = before_.model.points;
    std::vector<float> found(was.size());
    in_shares(was.size(), points_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto p = first; p < end; ++p)
            if (before_.now[p] != corner_table::none)
                found[p] = static_cast<float>(from(was[p], before_.now[p], enough).squared);
    });
    return found;
}

std::vector<float> surface_gap::from_some(std::size_t one_of, unsigned threads) const
{
    const auto& was = before_.model.points;
    std::vector<float> found((was.size() + one_of - 1) / one_of);
    in_shares(found.size(), points_a_share / one_of + 1, threads, [&](std::size_t first, std::size_t end) {
        for (auto i = first; i < end; ++i)
            if (const auto p = i * one_of; before_.now[p] != corner_table::none)
                found[i] = static_cast<float>(from(was[p], before_.now[p], 0).squared);
    });
    return found;
}

vector3 surface_gap::middle(std::uint32_t place) const
{
    const auto& p = model_.points;
    if (place < half_edges()) {
        const auto a = place_of(p[corner(place)]), b = place_of(p[corner(corner_table::after(place))]);
        return {(a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2};
    }
    const auto& one = model_.triangles[place - half_edges()];
    const auto a = place_of(p[one[0]]), b = place_of(p[one[1]]), c = place_of(p[one[2]]);
    return {(a.x + b.x + c.x) / 3, (a.y + b.y + c.y) / 3, (a.z + b.z + c.z) / 3};
}

double surface_gap::cost_at(std::initializer_list<std::uint32_t> points, const vector3& at) const
{
    double sum = 0, weight = 0;
    for (const auto p : points) {
        sum += before_.quadrics[p].at(point_at(at));
        weight += before_.quadrics[p].weight;
    }
    return weight > 0 ? sum / weight : 0;
}

std::vector<gap> surface_gap::at_middles(std::size_t count, double least, unsigned threads) const
{
    constexpr double likely = 0.25; // of `least`, a mean over planes of which some are nearer
    const auto behind = half_edges();
    std::vector<float> costs(4 * model_.triangles.size(), 0);
    in_shares(model_.triangles.size(), points_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = static_cast<std::uint32_t>(first); t < end; ++t) {
            const auto& [a, b, c] = model_.triangles[t];
            for (auto h = 3 * t; h < 3 * t + 3; ++h)
                if (!table_.open(h) && h < table_.across(h))
                    costs[h] =
                        static_cast<float>(cost_at({corner(h), corner(corner_table::after(h))}, middle(h)));
            costs[behind + t] = static_cast<float>(cost_at({a, b, c}, middle(behind + t)));
        }
    });
    std::vector<std::uint32_t> places;
    for (std::uint32_t i = 0; i < costs.size(); ++i)
        if (costs[i] > likely * least) places.push_back(i);
    if (places.size() > count) {
        std::nth_element(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count), places.end(),
                         [&costs](std::uint32_t a, std::uint32_t b) {
                             return costs[a] != costs[b] ? costs[a] > costs[b] : a < b;
                         });
        places.resize(count);
        std::sort(places.begin(), places.end()); // neighbours beside each other
    }
    return at_places(places, least, threads);
}

std::vector<gap> surface_gap::at_middles_of(const std::vector<std::uint32_t>& triangles, double least,
                                            unsigned threads) const
{
    std::vector<bool> asked(model_.triangles.size());
    for (const auto t : triangles)
        asked[t] = true;
    std::vector<std::uint32_t> places;
    for (const auto t : triangles) {
        // An edge between two of them is asked for once.
        for (auto h = 3 * t; h < 3 * t + 3; ++h)
            if (table_.open(h) || h < table_.across(h) || !asked[table_.across(h) / 3]) places.push_back(h);
        places.push_back(half_edges() + t);
    }
    return at_places(places, least, threads);
}

std::vector<gap> surface_gap::at_places(const std::vector<std::uint32_t>& places, double least,
                                        unsigned threads) const
{
    std::vector<gap> found(places.size());
    in_shares(places.size(), places_a_share, threads, [&](std::size_t first, std::size_t end) {
        std::optional<std::uint32_t> hint;
        for (auto i = first; i < end; ++i) {
            const auto at = middle(places[i]);
            const auto nearest = before_.tree.nearest(at, hint, least);
            hint = nearest.leaf;
            const auto& [a, b, c] = before_.model.triangles[nearest.triangle];
            const auto& was = before_.model.points;
            const auto place = places[i];
            found[i] = {nearest.squared_distance, foot(point_at(at), was[a], was[b], was[c]),
                        place < half_edges() ? place / 3 : place - half_edges(), false};
        }
    });
    std::erase_if(found, [least](const gap& one) { return !(one.squared > least); });
    return found;
}

} // namespace layerline::workshop
