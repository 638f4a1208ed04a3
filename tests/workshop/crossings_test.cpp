// Crossings and overlaps beside solids whose numbers are known, and beside a slow search in whole numbers.
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/analysis_json.hpp"
#include "workshop/models/crossings.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

using namespace layerline::workshop;

namespace {

mesh moved(mesh model, float x, float y, float z)
{
    for (auto& at : model.points)
        at = {at.x + x, at.y + y, at.z + z};
    return model;
}

crossing_count count(mesh model, unsigned threads = 2)
{
    weld_equal(model);
    return count_crossings(model, link_edges(model), threads, usual_patience(model));
}

// All pairs, in whole numbers without any rounding: coordinates have to be whole and at most 12.
struct whole {
    long x = 0, y = 0, z = 0;
};
whole of(const point& at)
{
    return {std::lround(at.x), std::lround(at.y), std::lround(at.z)};
}
whole minus(const whole& a, const whole& b)
{
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}
whole product(const whole& a, const whole& b)
{
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
long scalar(const whole& a, const whole& b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
int sign(long value)
{
    return value > 0 ? 1 : value < 0 ? -1 : 0;
}

struct fraction {
    long over = 0, under = 1; // under > 0
    friend bool operator<(const fraction& a, const fraction& b)
    {
        return a.over * b.under < b.over * a.under;
    }
};

using corners = std::array<whole, 3>;

corners corners_of(const mesh& model, std::size_t t)
{
    corners all;
    for (std::size_t i = 0; i < 3; ++i)
        all.at(i) = of(model.points[model.triangles[t].at(i)]);
    return all;
}

whole normal(const corners& c)
{
    return product(minus(c[1], c[0]), minus(c[2], c[0]));
}

std::array<long, 3> heights(const corners& plane, const corners& c)
{
    const auto n = normal(plane);
    return {scalar(n, minus(c[0], plane[0])), scalar(n, minus(c[1], plane[0])),
            scalar(n, minus(c[2], plane[0]))};
}

bool both_signs(const std::array<long, 3>& high)
{
    const auto [least, most] = std::minmax_element(high.begin(), high.end());
    return *least < 0 && *most > 0;
}

// Where a triangle meets the line of two planes: from, to.
std::optional<std::pair<fraction, fraction>> on_line(const corners& c, const std::array<long, 3>& high,
                                                     const whole& line)
{
    std::vector<fraction> all;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto j = (i + 1) % 3;
        if (high.at(i) == 0) all.push_back({scalar(c.at(i), line), 1});
        if (sign(high.at(i)) * sign(high.at(j)) >= 0) continue;
        auto under = high.at(i) - high.at(j);
        auto over = scalar(c.at(j), line) * high.at(i) - scalar(c.at(i), line) * high.at(j);
        if (under < 0) {
            under = -under;
            over = -over;
        }
        all.push_back({over, under});
    }
    if (all.empty()) return std::nullopt;
    const auto [low, top] = std::minmax_element(all.begin(), all.end());
    return std::pair{*low, *top};
}

bool share_line(const corners& a, const corners& b)
{
    const auto line = product(normal(a), normal(b));
    const auto one = on_line(a, heights(b, a), line), other = on_line(b, heights(a, b), line);
    return one && other && std::max(one->first, other->first) < std::min(one->second, other->second);
}

bool share_area(const corners& a, const corners& b)
{
    const auto n = normal(a);
    for (const auto* const from : {&a, &b})
        for (std::size_t i = 0; i < 3; ++i) {
            const auto axis = product(n, minus(from->at((i + 1) % 3), from->at(i)));
            const auto range = [&](const corners& c) {
                return std::minmax({scalar(axis, c[0]), scalar(axis, c[1]), scalar(axis, c[2])});
            };
            const auto [low_a, top_a] = range(a);
            const auto [low_b, top_b] = range(b);
            if (std::min(top_a, top_b) <= std::max(low_a, low_b)) return false;
        }
    return true;
}

// Of the only other triangle at the edge of `t` whose ends are at height 0: is its third corner beyond?
bool goes_on(const mesh& model, std::size_t t, const std::array<long, 3>& high, const corners& through)
{
    const auto third = static_cast<std::size_t>(
        std::find_if(high.begin(), high.end(), [](long h) { return h != 0; }) - high.begin());
    const auto& one = model.triangles[t];
    const auto from = one.at((third + 1) % 3), to = one.at((third + 2) % 3);
    std::vector<std::uint32_t> thirds;
    for (std::size_t other = 0; other < model.triangles.size(); ++other)
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& o = model.triangles[other];
            const auto a = o.at(i), b = o.at((i + 1) % 3);
            if (other != t && ((a == from && b == to) || (a == to && b == from)))
                thirds.push_back(o.at((i + 2) % 3));
        }
    if (thirds.size() != 1) return false;
    const auto beyond = scalar(normal(through), minus(of(model.points[thirds[0]]), through[0]));
    return sign(beyond) * sign(high.at(third)) < 0;
}

crossing_count slowly(const mesh& model)
{
    std::vector<char> crossing(model.triangles.size(), 0), overlapping(model.triangles.size(), 0);
    for (std::size_t i = 0; i < model.triangles.size(); ++i)
        for (std::size_t j = i + 1; j < model.triangles.size(); ++j) {
            const auto a = corners_of(model, i), b = corners_of(model, j);
            const auto zero = [](const whole& n) { return n.x == 0 && n.y == 0 && n.z == 0; };
            if (zero(normal(a)) || zero(normal(b))) continue;
            const auto high_a = heights(b, a), high_b = heights(a, b);
            if (zero(product(normal(a), normal(b)))) {
                if (high_a[0] == 0 && share_area(a, b)) overlapping[i] = overlapping[j] = 1;
                continue;
            }
            const bool through_a = both_signs(high_a), through_b = both_signs(high_b);
            if (!(through_a || through_b) || !share_line(a, b)) continue;
            if ((through_a && through_b) || (through_a && goes_on(model, j, high_b, a)) ||
                (through_b && goes_on(model, i, high_a, b)))
                crossing[i] = crossing[j] = 1;
        }
    crossing_count sum;
    sum.crossing = static_cast<std::size_t>(std::count(crossing.begin(), crossing.end(), 1));
    sum.overlapping = static_cast<std::size_t>(std::count(overlapping.begin(), overlapping.end(), 1));
    return sum;
}

} // namespace

TEST_CASE("clean solids have no crossings and no overlaps", "[crossings]")
{
    for (const auto& [name, shape] : shapes::many()) {
        if (name == "crossing spheres") continue;
        INFO(name);
        CHECK(count(shape).crossing == 0);
        CHECK(count(shape).overlapping == 0);
    }
}

TEST_CASE("a bar through a box crosses the triangles that it goes through", "[crossings]")
{
    // Through the bottom and the top, in one triangle of each: four sides of two triangles each,
    // of which each is cut by the bottom or the top, or both.
    const auto crossed =
        count(shapes::together(shapes::box(10, 10, 10), moved(shapes::box(1, 1, 30), 2, 2, -10)));
    CHECK(crossed.crossing == 2 + 8);
    CHECK(crossed.overlapping == 0);
    const auto found =
        analyse(shapes::together(shapes::box(10, 10, 10), moved(shapes::box(1, 1, 30), 2, 2, -10)));
    CHECK(found.printable());
    REQUIRE(found.warnings.size() == 1);
    CHECK(found.warnings[0].id == "intersecting_triangles");
    CHECK(to_json(found)["qualityParams"]["intersectingTriangles"] == 10);
    CHECK(to_json(found)["warningIds"][0] == "intersecting_triangles");
}

TEST_CASE("boxes that touch do not cross; faces on faces overlap", "[crossings]")
{
    const auto big = shapes::box(10, 10, 10);
    // A smaller one on the top, across its diagonal: four triangles lie on each other.
    auto found = count(shapes::together(big, moved(shapes::box(4, 4, 5), 3, 3, 10)));
    CHECK(found.crossing == 0);
    CHECK(found.overlapping == 4);
    // Beside it with a whole face, whose diagonal runs the same way: its two triangles and the other's two.
    found = count(shapes::together(big, moved(big, 10, 0, 0)));
    CHECK(found.crossing == 0);
    CHECK(found.overlapping == 4);
    // Edge to edge, corner to corner, and an edge that stands on a face.
    CHECK(count(shapes::together(big, moved(big, 10, 10, 0))).crossing == 0);
    CHECK(count(shapes::together(big, moved(big, 10, 10, 0))).overlapping == 0);
    CHECK(count(shapes::together(big, moved(big, 10, 10, 10))).crossing == 0);
    mesh roof; // a prism with an edge down, on the top
    roof.points = {{2, 2, 10}, {8, 3, 10}, {2, 2, 14}, {8, 3, 14}, {2, 6, 14}, {8, 7, 14}};
    roof.triangles = {{0, 1, 3}, {0, 3, 2}, {0, 4, 5}, {0, 5, 1}, {0, 2, 4}, {1, 5, 3}, {2, 3, 5}, {2, 5, 4}};
    found = count(shapes::together(big, roof));
    CHECK(found.crossing == 0);
    CHECK(found.overlapping == 0);
    // Less deep than floats can tell at that place.
    found = count(shapes::together(big, moved(big, 10 - 2e-6F, 0, 0)));
    CHECK(found.crossing == 0);
    CHECK(count(shapes::together(big, moved(shapes::box(4, 4, 5), 3, 3, 9.99F))).crossing > 0);
}

TEST_CASE("a surface that goes through another along its own edge crosses it", "[crossings]")
{
    mesh sheets;
    sheets.points = {{-5, -5, 0}, {5, -5, 0}, {0, 8, 0}, {-1, 0, 0}, {1, 0, 0}, {0, 1, 4}, {0, 1, -4}};
    sheets.triangles = {{0, 1, 2}, {3, 4, 5}, {4, 3, 6}};
    CHECK(count(sheets).crossing == 3);
    sheets.points[6] = {0, 2, 4}; // both on one side: it stands on the sheet
    CHECK(count(sheets).crossing == 0);
}

TEST_CASE("neighbours that are folded onto each other overlap, and duplicates do", "[crossings]")
{
    mesh folded;
    folded.points = {{0, 0, 0}, {10, 0, 0}, {5, 8, 0}, {4, 5, 0}};
    folded.triangles = {{0, 1, 2}, {1, 0, 3}};
    CHECK(count(folded).overlapping == 2);
    CHECK(count(folded).crossing == 0);
    folded.points[3] = {4, -5, 0};
    CHECK(count(folded).overlapping == 0);
    folded.points[3] = {4, 5, 0.1F};
    CHECK(count(folded).overlapping == 0);
    CHECK(count(folded).crossing == 0);
    folded.triangles = {{0, 1, 2}, {2, 1, 0}, {0, 1, 1}};
    CHECK(count(folded).overlapping == 2);
}

TEST_CASE("random triangles cross and overlap as a slow exact search says, on any number of threads",
          "[crossings]")
{
    std::size_t crossing = 0, overlapping = 0;
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        const auto size = 2 + seed % 11; // few places at first: many corners and edges are shared
        mesh model;
        const auto coordinate = [&] { return static_cast<float>(random() % (size + 1)); };
        const auto amount = 10 + random() % 150;
        for (std::uint32_t t = 0; t < amount; ++t) {
            const auto first = static_cast<std::uint32_t>(model.points.size());
            for (int i = 0; i < 3; ++i)
                model.points.push_back({coordinate(), coordinate(), coordinate()});
            model.triangles.push_back({first, first + 1, first + 2});
        }
        weld_equal(model);
        const auto right = slowly(model);
        INFO("seed " << seed);
        for (const unsigned threads : {1U, 3U}) {
            const auto found = count(model, threads);
            CHECK(found.crossing == right.crossing);
            CHECK(found.overlapping == right.overlapping);
            CHECK(found.all);
        }
        crossing += right.crossing;
        overlapping += right.overlapping;
    }
    CHECK(crossing > 1000);
    CHECK(overlapping > 100);
}

TEST_CASE("where all triangles lie across each other the search is given up, and says so", "[crossings]")
{
    mesh heap;
    std::mt19937 random(7);
    const auto coordinate = [&] { return static_cast<float>(random() % 100'000); };
    for (std::uint32_t t = 0; t < 3000; ++t) {
        for (int i = 0; i < 3; ++i)
            heap.points.push_back({coordinate(), coordinate(), coordinate()});
        heap.triangles.push_back({3 * t, 3 * t + 1, 3 * t + 2});
    }
    const auto all = count_crossings(heap, link_edges(heap), 2, usual_patience(heap));
    CHECK(all.all);
    const auto some = count_crossings(heap, link_edges(heap), 2, 10'000);
    CHECK_FALSE(some.all);
    CHECK(some.crossing > 0);
    CHECK(some.crossing <= all.crossing);
}

TEST_CASE("open edges beside each other are cracks, and rims of holes are not", "[analysis]")
{
    // A sheet of two halves, a hundredth apart where a whole one has an edge, of 100 mm: sewn at 0.03.
    mesh sheet;
    sheet.points = {{0, 0, 0}, {100, 0, 0}, {100, 100, 0}, {0, 0.01F, 0}, {100, 100.01F, 0}, {0, 100, 0}};
    sheet.triangles = {{0, 1, 2}, {3, 4, 5}};
    CHECK(analyse(sheet).near_bad_edges == 2);
    sheet.points[3].y = 1;
    sheet.points[4].y = 101;
    CHECK(analyse(sheet).near_bad_edges == 0);
    auto holed = shapes::sphere(25, 4);
    holed.triangles.pop_back();
    const auto found = analyse(holed);
    CHECK(found.open_edges == 3);
    CHECK(found.near_bad_edges == 0);
    CHECK(to_json(found)["solidityParams"]["nearBadEdges"] == 0);
}

TEST_CASE("the facets of a cylinder stand off it by what its closed form says", "[analysis]")
{
    const auto prism_of = [](std::uint32_t sides, float radius) {
        mesh prism; // a regular one, without its ends
        for (std::uint32_t i = 0; i < sides; ++i) {
            const auto angle = 6.283185307179586 * i / sides;
            const auto x = static_cast<float>(radius * std::cos(angle)),
                       y = static_cast<float>(radius * std::sin(angle));
            prism.points.push_back({x, y, 0});
            prism.points.push_back({x, y, 400});
        }
        for (std::uint32_t i = 0; i < sides; ++i) {
            const auto a = 2 * i, b = 2 * ((i + 1) % sides);
            prism.triangles.push_back({a, b, b + 1});
            prism.triangles.push_back({a, b + 1, a + 1});
        }
        return prism;
    };
    for (const std::uint32_t sides : {16U, 32U, 64U}) {
        const auto right = 20 * (1 - std::cos(3.141592653589793 / sides));
        CHECK(analyse(prism_of(sides, 20)).faceting_deviation_mm == Approx(right).epsilon(0.05));
    }
    CHECK_FALSE(analyse(prism_of(16, 20)).faceting_ok());
    CHECK(analyse(prism_of(64, 20)).faceting_ok());
    CHECK(analyse(shapes::box(10, 20, 30)).faceting_ok());
    CHECK(to_json(analyse(prism_of(16, 20)))["qualityParams"]["isFacetingScoreOk"] == false);
}
