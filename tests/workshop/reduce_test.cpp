#include "tests/workshop/admesh.hpp"
#include "tests/workshop/damage.hpp"
#include "tests/workshop/shapes.hpp"
#include "workshop/models/analysis.hpp"
#include "workshop/models/edges.hpp"
#include "workshop/models/reduce.hpp"
#include "workshop/models/repair.hpp"
#include "workshop/models/triangle_tree.hpp"
#include "workshop/models/weld.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>

using namespace layerline::workshop;

namespace {

// From places within triangles of `from` to the nearest of all triangles of `to`.
double slow_distance(const mesh& from, const mesh& to)
{
    const auto place = [](const point& at) { return vector3{at.x, at.y, at.z}; };
    double farthest = 0;
    const auto step = from.triangles.size() / 150 + 1;
    for (std::size_t t = 0; t < from.triangles.size(); t += step)
        for (const auto part : {0.0, 0.3, 0.6}) {
            const auto& [a, b, c] = from.triangles[t];
            const auto p = place(from.points[a]), q = place(from.points[b]), r = place(from.points[c]);
            const auto mix = [part](double x, double y, double z) {
                return (1 - part) * x + part * (0.4 * y + 0.6 * z);
            };
            const vector3 at{mix(p.x, q.x, r.x), mix(p.y, q.y, r.y), mix(p.z, q.z, r.z)};
            auto nearest = std::numeric_limits<double>::max();
            for (const auto& [d, e, f] : to.triangles)
                nearest = std::min(nearest, squared_distance(at, place(to.points[d]), place(to.points[e]),
                                                             place(to.points[f])));
            farthest = std::max(farthest, nearest);
        }
    return std::sqrt(farthest);
}

} // namespace

TEST_CASE("a reduced solid stays closed and within the asked accuracy, for every shape", "[reduce]")
{
    std::size_t fewer = 0;
    for (const auto& [name, shape] : shapes::many()) {
        INFO(name);
        for (const auto share : {0.002, 0.02}) {
            const auto box = bounds_of(shape);
            const auto across = difference(box.most, box.least);
            const auto accuracy = share * std::sqrt(dot(across, across));
            auto model = shape;
            const auto report = reduce(model, {.accuracy = accuracy, .most_turn = 40});
            CHECK(report.after == model.triangles.size());
            CHECK(report.after <= report.before);
            CHECK(report.reached <= accuracy);
            const auto found = analyse(model);
            CHECK(found.bad_edges() == 0);
            CHECK(found.shells >= 1);
            // Between the places that were measured it may be a little farther.
            CHECK(slow_distance(shape, model) <= 1.1 * accuracy);
            CHECK(slow_distance(model, shape) <= 1.1 * accuracy);
            fewer += report.after < report.before / 2 ? 1 : 0;
            if (const auto asked = asked_admesh(model).open_edges; asked >= 0) CHECK(asked == 0);
        }
    }
    CHECK(fewer >= 10);
}

TEST_CASE("flat faces keep their corners alone, and sharp edges stay where they are", "[reduce]")
{
    // A box whose faces are cut into many triangles: its twelve are enough, at an accuracy of nothing.
    mesh fine;
    constexpr std::uint32_t steps = 20;
    const auto side = [&fine](auto place) {
        const auto first = static_cast<std::uint32_t>(fine.points.size());
        for (std::uint32_t i = 0; i <= steps; ++i)
            for (std::uint32_t j = 0; j <= steps; ++j)
                fine.points.push_back(place(static_cast<float>(i), static_cast<float>(j)));
        for (std::uint32_t i = 0; i < steps; ++i)
            for (std::uint32_t j = 0; j < steps; ++j) {
                const auto at = first + i * (steps + 1) + j, up = at + steps + 1;
                fine.triangles.push_back({at, up, up + 1});
                fine.triangles.push_back({at, up + 1, at + 1});
            }
    };
    side([](float u, float v) { return point{v, u, 0}; });
    side([](float u, float v) { return point{u, v, 20}; });
    side([](float u, float v) { return point{u, 0, v}; });
    side([](float u, float v) { return point{v, 20, u}; });
    side([](float u, float v) { return point{0, v, u}; });
    side([](float u, float v) { return point{20, u, v}; });
    weld_equal(fine);
    REQUIRE(analyse(fine).printable());
    const auto report = reduce(fine, {.accuracy = 0});
    CHECK(report.before == 4800);
    CHECK(report.after <= 60);
    const auto found = analyse(fine);
    for (const auto& reason : found.reasons)
        FAIL_CHECK(reason.text);
    CHECK(found.volume_mm3 == Approx(8000));
    CHECK(found.surface_area_mm2 == Approx(2400));
}

TEST_CASE("no surface turns by more than the angle, and nothing goes below the least count", "[reduce]")
{
    const auto sphere = shapes::sphere(20, 4);
    auto fine = sphere, coarse = sphere, few = sphere;
    const auto small = reduce(fine, {.accuracy = 10, .most_turn = 6});
    const auto large = reduce(coarse, {.accuracy = 10, .most_turn = 30});
    CHECK(small.turned <= 6);
    CHECK(large.turned <= 30);
    CHECK(large.after < small.after);
    CHECK(reduce(few, {.accuracy = 1, .enough = 2000}).after >= 1998);
}

TEST_CASE("a finely tessellated sphere comes to a tenth of its triangles in one try", "[reduce]")
{
    auto model = shapes::sphere(20, 7);
    const auto before = model.triangles.size();
    const auto report =
        reduce(model, {.accuracy = 0.05, .most_turn = 60, .most_passes = 1, .enough = before / 10});
    CHECK(report.before == before);
    CHECK(report.after <= before / 10 + 2);
    CHECK(report.reached <= 0.05);
    CHECK(report.turned <= 10);
    const auto links = link_edges(model);
    CHECK(links.open_edges + links.many_edges + links.flipped_edges == 0);
    CHECK(links.shells == 1);
}

TEST_CASE("damaged shapes that were repaired are reduced to closed ones within the accuracy", "[reduce]")
{
    const bool all = std::getenv("LAYERLINE_FULL_MATRIX") != nullptr; // NOLINT(concurrency-mt-unsafe)
    const shapes::damage kind{
        .flipped = 50, .missing = 10, .moved = 20, .doubled = 10, .degenerate = 10, .flaps = 5};
    std::size_t reduced = 0, tried = 0;
    for (const auto& [name, shape] : shapes::many())
        for (std::uint32_t seed = 1; seed <= (all ? 10U : 1U); ++seed) {
            INFO(name << ", seed " << seed);
            auto model = shapes::damaged(shape, kind, seed);
            repair(model);
            const auto before = analyse(model);
            if (before.bad_edges() > 0 || model.triangles.empty()) continue;
            const auto box = bounds_of(model);
            const auto across = difference(box.most, box.least);
            const auto accuracy = 0.01 * std::sqrt(dot(across, across));
            const auto whole = model;
            const auto report = reduce(model, {.accuracy = accuracy, .most_turn = 40});
            CHECK(report.reached <= accuracy);
            CHECK(analyse(model).bad_edges() == 0);
            CHECK(slow_distance(whole, model) <= 1.1 * accuracy);
            ++tried;
            reduced += report.after < report.before ? 1 : 0;
        }
    CHECK(tried >= (all ? 180 : 18));
    CHECK(2 * reduced > tried);
}
