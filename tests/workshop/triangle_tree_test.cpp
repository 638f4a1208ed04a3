#include "tests/workshop/shapes.hpp"
#include "workshop/models/triangle_tree.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace layerline::workshop;

namespace {

double slow_nearest(const mesh& model, const vector3& from)
{
    const auto place = [&model](std::uint32_t p) {
        const auto& at = model.points[p];
        return vector3{at.x, at.y, at.z};
    };
    auto nearest = std::numeric_limits<double>::max();
    for (const auto& [a, b, c] : model.triangles)
        nearest = std::min(nearest, squared_distance(from, place(a), place(b), place(c)));
    return nearest;
}

// But for what a box's distance is rounded by.
bool same(double one, double other)
{
    return std::abs(one - other) <= 1e-12 * (1 + other);
}

std::vector<vector3> places_about(const mesh& model, std::size_t count)
{
    std::mt19937 random(3);
    const auto all = bounds_of(model);
    const auto between = [&random](float least, float most) {
        const double share = static_cast<double>(random() % 1501) / 1000 - 0.25; // some of them outside
        return least + share * (most - least);
    };
    std::vector<vector3> places;
    for (std::size_t i = 0; i < count; ++i)
        places.push_back({between(all.least.x, all.most.x), between(all.least.y, all.most.y),
                          between(all.least.z, all.most.z)});
    for (std::size_t t = 0; t < model.triangles.size(); t += 1 + model.triangles.size() / count) {
        const auto& at = model.points[model.triangles[t][0]];
        places.push_back({at.x, at.y, at.z});
    }
    return places;
}

} // namespace

TEST_CASE("the nearest triangle is found from any leaf as a slow search finds it", "[triangle_tree]")
{
    for (const auto& model : {shapes::box(10, 20, 30), shapes::torus(20, 5, 30),
                              shapes::together(shapes::sphere(5, 2), shapes::sphere(3, 3, {40, 0, 0}))}) {
        const triangle_tree tree(model);
        const auto leaves = static_cast<std::uint32_t>(tree.leaves());
        std::size_t wrong = 0;
        for (const auto& from : places_about(model, 50)) {
            const auto right = slow_nearest(model, from);
            const auto good = [&](const nearest_place& found) {
                const auto [first, end] = tree.of_leaf(found.leaf);
                const auto begin = tree.order().begin();
                const bool in_leaf = std::find(begin + static_cast<std::ptrdiff_t>(first),
                                               begin + static_cast<std::ptrdiff_t>(end),
                                               found.triangle) != begin + static_cast<std::ptrdiff_t>(end);
                return in_leaf && same(found.squared_distance, right);
            };
            wrong += good(tree.nearest(from)) ? 0 : 1;
            for (std::uint32_t leaf = 0; leaf <= leaves; leaf += 1 + leaves / 40) // the last: no leaf of it
                wrong += good(tree.nearest(from, leaf)) ? 0 : 1;
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("a search ends with a place that is near enough, or with the nearest", "[triangle_tree]")
{
    const auto model = shapes::torus(20, 5, 30);
    const triangle_tree tree(model);
    std::size_t wrong = 0, sooner = 0;
    for (const auto& from : places_about(model, 200)) {
        const auto right = slow_nearest(model, from);
        for (const double enough : {0.01, 4.0, 100.0}) {
            const auto found = tree.nearest(from, 7, enough).squared_distance;
            wrong += same(found, right) || (found > right && found <= enough) ? 0 : 1;
            sooner += found > right ? 1 : 0;
        }
    }
    CHECK(wrong == 0);
    CHECK(sooner > 0);
}
