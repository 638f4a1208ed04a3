#include "workshop/models/weld.hpp"

#include "workshop/models/place_table.hpp"
#include "workshop/models/shares.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t points_a_share = 32768, triangles_a_share = 16384;

std::uint64_t mixed(std::uint64_t value)
{
    value ^= value >> 33U;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33U;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33U);
}

std::uint64_t hashed(std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
    return mixed((static_cast<std::uint64_t>(a) << 32U | b) ^ mixed(c + 0x9e3779b97f4a7c15ULL));
}

// Points by a hash of their place: open addressing, at most half full.
class point_table {
public:
    explicit point_table(std::size_t points) : slots_(std::bit_ceil(2 * points + 2), none) {}

    // The index of the first point put in for which `same` holds, or none; `same` is asked about candidates
    // only.
    template <class Same>
    std::uint32_t find(std::uint64_t hash, Same same) const
    {
        const auto mask = slots_.size() - 1;
        for (auto at = hash & mask; slots_[at] != none; at = (at + 1) & mask)
            if (same(slots_[at])) return slots_[at];
        return none;
    }
    void put(std::uint64_t hash, std::uint32_t index)
    {
        const auto mask = slots_.size() - 1;
        auto at = hash & mask;
        while (slots_[at] != none)
            at = (at + 1) & mask;
        slots_[at] = index;
    }

private:
    std::vector<std::uint32_t> slots_;
};

// Puts the points that triangles use, which are `place(i)` for i below `points`, in the order of their first
// use, and renumbers.
template <class Place>
void renumber(mesh& model, std::size_t points, unsigned threads, const Place& place)
{
    constexpr auto relaxed = std::memory_order_relaxed;
    const auto count = model.triangles.size();
    // By point, its first corner; once that has been reached, its new number, which is no larger and
    // therefore no later corner's.
    std::vector<std::uint32_t> now(points, none);
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end; ++t)
            for (std::uint32_t i = 0; i < 3; ++i) {
                const std::atomic_ref earliest(now[model.triangles[t][i]]);
                const auto here = static_cast<std::uint32_t>(3 * t + i);
                auto known = earliest.load(relaxed);
                while (here < known && !earliest.compare_exchange_weak(known, here, relaxed)) {
                }
            }
    });
    const auto for_each_new = [&](std::size_t first, std::size_t end, const auto& work) {
        for (auto t = first; t < end; ++t)
            for (std::uint32_t i = 0; i < 3; ++i) {
                const auto corner = model.triangles[t][i];
                if (std::atomic_ref(now[corner]).load(relaxed) == 3 * t + i) work(corner);
            }
    };
    std::vector<std::uint32_t> before(count / triangles_a_share + 2, 0); // by share: numbers that are given
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        std::uint32_t found = 0;
        for_each_new(first, end, [&found](std::uint32_t) { ++found; });
        before[first / triangles_a_share + 1] = found;
    });
    std::partial_sum(before.begin(), before.end(), before.begin());
    std::vector<point> kept(before.back());
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        auto next = before[first / triangles_a_share];
        for_each_new(first, end, [&](std::uint32_t corner) {
            kept[next] = place(corner);
            std::atomic_ref(now[corner]).store(next++, relaxed);
        });
    });
    in_shares(count, triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end; ++t)
            for (auto& corner : model.triangles[t])
                corner = now[corner];
    });
    model.points = std::move(kept);
}

std::int32_t cell_of(float value, double size)
{
    const auto cell = std::floor(static_cast<double>(value) / size);
    constexpr double most = std::numeric_limits<std::int32_t>::max() - 2;
    return static_cast<std::int32_t>(cell > most ? most : cell < -most ? -most : cell);
}

} // namespace

bool weld_corners(mesh& into, std::size_t count, std::size_t share, unsigned threads,
                  const corners_of& corners)
{
    static_assert(sizeof(triangle) == 3 * sizeof(std::uint32_t)); // numbers are written corner by corner
    enum class outcome : std::uint8_t { done, full, ended };
    const auto with = [&](std::size_t slots) {
        place_table table(3 * count, slots, meant(threads));
        std::atomic<outcome> how{outcome::done};
        in_shares(count, share, threads, [&](std::size_t first, std::size_t end, unsigned worker) {
            if (how != outcome::done) return;
            const auto points = corners(first, end, worker);
            if (points.empty())
                how = outcome::ended;
            else if (!table.put(points, into.triangles[first].data(), worker))
                how = outcome::full;
        });
        if (how == outcome::done)
            renumber(into, table.size(), threads, [&table](std::uint32_t i) { return table.place(i); });
        return how.load();
    };
    into.triangles.resize(count);
    // Some six corners stand at a place, as a rule: a table for a third as many is tried first, which the
    // processor's caches may hold.
    auto how = with(std::bit_ceil(count + count / 2 + 1));
    if (how == outcome::full) how = with(std::bit_ceil(6 * count + 2));
    return how == outcome::done;
}

void weld_equal(mesh& model, unsigned threads)
{
    const auto count = model.points.size();
    const auto& all = model.points;
    std::vector<std::uint32_t> number(count);
    place_table table(count, std::bit_ceil(2 * count + 2), meant(threads));
    in_shares(count, points_a_share, threads, [&](std::size_t first, std::size_t end, unsigned worker) {
        table.put(std::span(all).subspan(first, end - first), &number[first], worker);
    });
    in_shares(model.triangles.size(), triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end; ++t)
            for (auto& corner : model.triangles[t])
                corner = number[corner];
    });
    renumber(model, table.size(), threads, [&table](std::uint32_t i) { return table.place(i); });
}

void keep_used(mesh& model, unsigned threads)
{
    const auto before = std::move(model.points);
    renumber(model, before.size(), threads, [&before](std::uint32_t i) { return before[i]; });
}

std::size_t weld_near(mesh& model, float tolerance)
{
    const auto joined = weld_near(model, tolerance, std::vector<bool>(model.points.size(), true));
    keep_used(model);
    return joined;
}

std::size_t weld_near(mesh& model, float tolerance, const std::vector<bool>& among, unsigned threads)
{
    if (!(tolerance > 0)) return 0;
    // Cells twice as wide as the tolerance: whatever is near lies in one of eight.
    const double size = 2.0 * tolerance, reach = static_cast<double>(tolerance) * tolerance;
    point_table table(static_cast<std::size_t>(std::count(among.begin(), among.end(), true)));
    std::vector<std::uint32_t> same_as(model.points.size());
    std::size_t joined = 0;
    const auto cell_hash = [](std::int32_t x, std::int32_t y, std::int32_t z) {
        return hashed(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                      static_cast<std::uint32_t>(z));
    };
    const auto lower = [&](float value) { return cell_of(value - tolerance, size); };
    for (std::uint32_t i = 0; i < model.points.size(); ++i) {
        same_as[i] = i;
        if (!among[i]) continue;
        const auto& here = model.points[i];
        const auto near = [&](std::uint32_t other) {
            const auto apart = difference(model.points[other], here);
            return dot(apart, apart) <= reach;
        };
        auto first = none;
        const auto x = lower(here.x), y = lower(here.y), z = lower(here.z);
        for (int corner = 0; corner < 8; ++corner) {
            const auto found =
                table.find(cell_hash(x + (corner & 1), y + (corner >> 1 & 1), z + (corner >> 2)), near);
            if (found < first) first = found;
        }
        same_as[i] = first == none ? i : first;
        if (first == none)
            table.put(cell_hash(cell_of(here.x, size), cell_of(here.y, size), cell_of(here.z, size)), i);
        else
            ++joined;
    }
    in_shares(model.triangles.size(), triangles_a_share, threads, [&](std::size_t first, std::size_t end) {
        for (auto t = first; t < end; ++t)
            for (auto& corner : model.triangles[t])
                corner = same_as[corner];
    });
    return joined;
}

} // namespace layerline::workshop
