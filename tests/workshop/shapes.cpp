#include "tests/workshop/shapes.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace layerline::workshop::shapes {

namespace {

point on_sphere(const vector3& way, float radius, const point& centre)
{
    const auto length = std::sqrt(dot(way, way)) / radius;
    return {centre.x + static_cast<float>(way.x / length), centre.y + static_cast<float>(way.y / length),
            centre.z + static_cast<float>(way.z / length)};
}

} // namespace

mesh box(float x, float y, float z)
{
    mesh made;
    for (int i = 0; i < 8; ++i)
        made.points.push_back({(i & 1) != 0 ? x : 0, (i & 2) != 0 ? y : 0, (i & 4) != 0 ? z : 0});
    made.triangles = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                      {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
    return made;
}

mesh sphere(float radius, int rounds, point centre)
{
    const double t = (1 + std::sqrt(5.0)) / 2;
    std::vector<vector3> ways{{-1, t, 0},  {1, t, 0},  {-1, -t, 0}, {1, -t, 0}, {0, -1, t},  {0, 1, t},
                              {0, -1, -t}, {0, 1, -t}, {t, 0, -1},  {t, 0, 1},  {-t, 0, -1}, {-t, 0, 1}};
    for (auto& way : ways) {
        const auto length = std::sqrt(dot(way, way));
        way = {way.x / length, way.y / length, way.z / length};
    }
    mesh made;
    made.triangles = {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
                      {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
                      {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
    for (int round = 0; round < rounds; ++round) {
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> halves;
        const auto half = [&](std::uint32_t a, std::uint32_t b) {
            const auto [at, fresh] =
                halves.try_emplace(std::minmax(a, b), static_cast<std::uint32_t>(ways.size()));
            if (fresh) {
                const vector3 sum{ways[a].x + ways[b].x, ways[a].y + ways[b].y, ways[a].z + ways[b].z};
                const auto length = std::sqrt(dot(sum, sum));
                ways.push_back({sum.x / length, sum.y / length, sum.z / length});
            }
            return at->second;
        };
        std::vector<triangle> finer;
        for (const auto& [a, b, c] : made.triangles) {
            const auto ab = half(a, b), bc = half(b, c), ca = half(c, a);
            finer.insert(finer.end(), {{a, ab, ca}, {ab, b, bc}, {ca, bc, c}, {ab, bc, ca}});
        }
        made.triangles = std::move(finer);
    }
    for (const auto& way : ways)
        made.points.push_back(on_sphere(way, radius, centre));
    return made;
}

mesh torus(float radius, float tube, std::uint32_t steps)
{
    constexpr double turn = 6.283185307179586;
    mesh made;
    for (std::uint32_t i = 0; i < steps; ++i)
        for (std::uint32_t j = 0; j < steps; ++j) {
            const auto a = turn * i / steps, b = turn * j / steps;
            const auto out = radius + tube * std::cos(b);
            made.points.push_back({static_cast<float>(out * std::cos(a)),
                                   static_cast<float>(out * std::sin(a)),
                                   static_cast<float>(tube * std::sin(b))});
            const auto next_i = (i + 1) % steps, next_j = (j + 1) % steps;
            made.triangles.push_back({i * steps + j, next_i * steps + j, next_i * steps + next_j});
            made.triangles.push_back({i * steps + j, next_i * steps + next_j, i * steps + next_j});
        }
    return made;
}

mesh together(const mesh& one, const mesh& other)
{
    auto made = one;
    const auto shift = static_cast<std::uint32_t>(one.points.size());
    made.points.insert(made.points.end(), other.points.begin(), other.points.end());
    for (const auto& [a, b, c] : other.triangles)
        made.triangles.push_back({a + shift, b + shift, c + shift});
    return made;
}

mesh turned(mesh model)
{
    for (auto& one : model.triangles)
        std::swap(one[1], one[2]);
    return model;
}

std::vector<std::pair<std::string, mesh>> many()
{
    std::vector<std::pair<std::string, mesh>> all;
    for (const int rounds : {2, 3, 4})
        all.emplace_back("sphere " + std::to_string(rounds), sphere(25, rounds));
    for (const unsigned steps : {12U, 24U, 48U})
        all.emplace_back("torus " + std::to_string(steps), torus(30, 10, steps));
    for (const float size : {1.0F, 10.0F, 300.0F})
        all.emplace_back("far sphere " + std::to_string(size), sphere(size, 3, {1000, -2000, 500}));
    all.emplace_back("two spheres", together(sphere(10, 3), sphere(10, 3, {30, 0, 0})));
    all.emplace_back("crossing spheres", together(sphere(10, 3), sphere(10, 3, {8, 1, 2})));
    all.emplace_back("hollow sphere", together(sphere(20, 4), turned(sphere(15, 3))));
    all.emplace_back("hollow ring", together(turned(torus(30, 5, 32)), torus(30, 12, 24)));
    all.emplace_back("box", box(10, 20, 30));
    all.emplace_back("flat box", box(200, 100, 0.5F));
    all.emplace_back("box in sphere", together(sphere(60, 4), turned(box(5, 5, 5))));
    all.emplace_back("thin torus", torus(50, 1, 40));
    all.emplace_back("fine torus", torus(20, 8, 64));
    all.emplace_back("turned sphere", turned(sphere(12, 3)));
    all.emplace_back("small sphere", sphere(0.05F, 3));
    return all;
}

} // namespace layerline::workshop::shapes
