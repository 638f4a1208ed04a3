#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/corner_table.hpp"
#include "workshop/models/edge_collapse.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/surface_distance.hpp"
#include "workshop/models/triangle_tree.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace layerline::workshop;

namespace {

bool closed(const mesh& model)
{
    const auto links = link_edges(model);
    return links.open_edges + links.many_edges + links.flipped_edges == 0;
}

// A sphere on which every point is off its place by up to `off` mm.
mesh rough_sphere(int rounds, float off)
{
    auto made = shapes::sphere(20, rounds);
    std::mt19937 random(7);
    for (auto& at : made.points) {
        const auto by = 1 + off / 20 * (static_cast<float>(random() % 2001) / 1000 - 1);
        at = {at.x * by, at.y * by, at.z * by};
    }
    return made;
}

mesh collapsed(const mesh& model, double error, std::size_t enough, unsigned threads = 0)
{
    return collapsed_edges(model, triangle_tree(model), link_edges(model), error, enough, threads);
}

// Half-edges across from each other agree with what link_edges finds in the mesh.
void check_neighbours(const mesh& model, const corner_table& table)
{
    const auto links = link_edges(model);
    std::size_t wrong = 0;
    for (std::uint32_t h = 0; h < links.other.size(); ++h)
        wrong += table.across(h) == (links.other[h] < edge_links::many ? links.other[h] : corner_table::none)
                     ? 0
                     : 1;
    CHECK(wrong == 0);
    corner_table::ring about;
    for (std::uint32_t p = 0; p < model.points.size(); ++p) {
        if (table.about(p) == corner_table::surrounding::other) continue;
        table.find_ring(p, about);
        std::size_t mine = 0;
        for (const auto& one : model.triangles)
            mine += std::count(one.begin(), one.end(), p);
        wrong += about.count == mine ? 0 : 1;
    }
    CHECK(wrong == 0);
}

// A square sheet of steps^2 squares, open all round.
mesh sheet(std::uint32_t steps)
{
    mesh made;
    for (std::uint32_t i = 0; i <= steps; ++i)
        for (std::uint32_t j = 0; j <= steps; ++j)
            made.points.push_back({static_cast<float>(i), static_cast<float>(j), 0});
    for (std::uint32_t i = 0; i < steps; ++i)
        for (std::uint32_t j = 0; j < steps; ++j) {
            const auto at = i * (steps + 1) + j, up = at + steps + 1;
            made.triangles.push_back({at, up, up + 1});
            made.triangles.push_back({at, up + 1, at + 1});
        }
    return made;
}

} // namespace

TEST_CASE("a corner table keeps its neighbours through collapses and splits", "[edge_collapse]")
{
    for (auto model : {shapes::sphere(10, 3), sheet(12)}) {
        const auto before = model.triangles.size();
        corner_table table(model, link_edges(model).other, 1);
        check_neighbours(model, table);
        std::mt19937 random(3);
        corner_table::ring about, across;
        std::size_t gone = 0;
        for (int tries = 0; tries < 2000 && gone < before / 8; ++tries) {
            const auto p = static_cast<std::uint32_t>(random() % model.points.size());
            if (table.about(p) != corner_table::surrounding::ring) continue;
            table.find_ring(p, about);
            const auto side = random() % about.count;
            const auto to = about.sides.at(side).next;
            table.find_ring(to, across);
            // Only both triangles' third corners are neighbours of both.
            std::size_t common = 0;
            for (const auto& s : about)
                common += std::any_of(across.begin(), across.end(),
                                      [&](const auto& t) { return t.next == s.next || t.last == s.next; })
                              ? 1
                              : 0;
            if (common != 2 || about.count < 4) continue;
            table.collapse(about.from.at(side), about);
            ++gone;
        }
        REQUIRE(gone == before / 8);
        const auto number = table.compact();
        CHECK(model.triangles.size() == before - 2 * gone);
        CHECK(static_cast<std::size_t>(std::count(number.begin(), number.end(), corner_table::none)) == gone);
        check_neighbours(model, table);
        std::size_t more = 0;
        for (std::uint32_t h = 0; h < 3 * before; h += 31) {
            if (h % 2 == 0) {
                table.split_triangle(h / 3, {1, 2, static_cast<float>(h)});
            } else {
                if (table.open(h)) continue;
                table.split_edge(h, {1, 2, static_cast<float>(h)});
            }
            ++more;
            if (3 * (model.triangles.size() - 2 * more) < h + 31) break;
        }
        CHECK(more > 10);
        CHECK(model.triangles.size() == before - 2 * gone + 2 * more);
        check_neighbours(model, table);
    }
}

TEST_CASE("a fine surface comes to the same triangles on any number of threads", "[edge_collapse]")
{
    const auto fine = rough_sphere(7, 0.01F); // 327,680 triangles: parts, and what is between them
    const auto one = collapsed(fine, 1, 40'000, 1), two = collapsed(fine, 1, 40'000, 2),
               many = collapsed(fine, 1, 40'000, 7);
    CHECK(one.triangles.size() <= 40'001);
    CHECK(one.triangles.size() >= 39'998);
    CHECK(closed(one));
    CHECK((one.triangles == two.triangles && one.points == two.points));
    CHECK((one.triangles == many.triangles && one.points == many.points));
}

TEST_CASE("what is farthest off after a collapse comes back: the worst place is near the usual one",
          "[edge_collapse]")
{
    const auto fine = rough_sphere(6, 0.05F);
    const auto made = collapsed(fine, 1, 8'000);
    CHECK(closed(made));
    CHECK(analyse(made).printable());
    // Of points that are up to 0.05 mm off the sphere, with facets whose middles are 0.02 mm inside it.
    // Without what comes back it is 0.106.
    CHECK(difference_of(fine, made, 1'000'000).farthest < 0.09);
}

TEST_CASE("an error bounds the collapse where no count does", "[edge_collapse]")
{
    const auto fine = rough_sphere(6, 0.002F);
    std::size_t before = fine.triangles.size();
    for (const auto error : {0.003, 0.01, 0.03}) {
        const auto made = collapsed(fine, error, 0);
        CHECK(made.triangles.size() < before / 2);
        CHECK(closed(made));
        CHECK(difference_of(fine, made, 1'000'000).farthest < 1.8 * error);
        before = made.triangles.size();
    }
}

TEST_CASE("the rim of a sheet and points with very many triangles stay", "[edge_collapse]")
{
    const auto flat = sheet(60);
    const auto made = collapsed(flat, 0.01, 0);
    const auto links = link_edges(made);
    CHECK(links.open_edges == 240);
    CHECK(links.many_edges + links.flipped_edges == 0);
    CHECK(made.triangles.size() < 600);
    // Two fans of ten thousand triangles, one on top, one below.
    mesh disc;
    constexpr std::uint32_t rim = 10'000;
    disc.points = {{0, 0, 1}, {0, 0, -1}};
    for (std::uint32_t i = 0; i < rim; ++i) {
        const auto a = 2 * 3.141592653589793 * i / rim;
        disc.points.push_back(
            {static_cast<float>(50 * std::cos(a)), static_cast<float>(50 * std::sin(a)), 0});
        const auto here = 2 + i, next = 2 + (i + 1) % rim;
        disc.triangles.push_back({0, here, next});
        disc.triangles.push_back({1, next, here});
    }
    const auto fewer = collapsed(disc, 0.01, 0);
    CHECK(closed(fewer));
    CHECK(difference_of(disc, fewer, 1'000'000).farthest < 0.1);
}

TEST_CASE("a damaged surface collapses without an edge more that is open or crowded", "[edge_collapse]")
{
    const shapes::damage kind{
        .flipped = 50, .missing = 10, .moved = 20, .doubled = 10, .degenerate = 10, .flaps = 5};
    std::size_t fewer = 0;
    for (const auto& [name, shape] : shapes::many())
        for (std::uint32_t seed = 1; seed <= 3; ++seed) {
            INFO(name << ", seed " << seed);
            auto model = shapes::damaged(shape, kind, seed);
            weld_equal(model);
            const auto links = link_edges(model);
            const auto box = bounds_of(model);
            const auto across = difference(box.most, box.least);
            auto made = collapsed(model, 0.01 * std::sqrt(dot(across, across)), 0);
            weld_equal(made);
            const auto after = link_edges(made);
            CHECK(after.open_edges <= links.open_edges);
            CHECK(after.many_edges <= links.many_edges);
            CHECK(after.flipped_edges <= links.flipped_edges);
            CHECK(made.triangles.size() <= model.triangles.size());
            for (const auto& one : made.triangles)
                for (const auto corner : one)
                    REQUIRE(corner < made.points.size());
            fewer += made.triangles.size() < model.triangles.size() ? 1 : 0;
        }
    CHECK(fewer >= 20);
}
