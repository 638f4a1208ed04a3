#include "workshop/models/weld.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

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

// Puts the points that triangles use in the order of their first use, and renumbers.
void keep_used(mesh& model)
{
    std::vector<std::uint32_t> now(model.points.size(), none);
    std::vector<point> kept;
    kept.reserve(model.points.size());
    for (auto& one : model.triangles)
        for (auto& corner : one) {
            if (now[corner] == none) {
                now[corner] = static_cast<std::uint32_t>(kept.size());
                kept.push_back(model.points[corner]);
            }
            corner = now[corner];
        }
    model.points = std::move(kept);
}

std::int32_t cell_of(float value, double size)
{
    const auto cell = std::floor(static_cast<double>(value) / size);
    constexpr double most = std::numeric_limits<std::int32_t>::max() - 2;
    return static_cast<std::int32_t>(cell > most ? most : cell < -most ? -most : cell);
}

} // namespace

void weld_equal(mesh& model)
{
    point_table table(model.points.size());
    std::vector<std::uint32_t> same_as(model.points.size());
    for (std::uint32_t i = 0; i < model.points.size(); ++i) {
        auto& here = model.points[i];
        here = {here.x + 0.0F, here.y + 0.0F, here.z + 0.0F}; // -0 becomes 0
        const auto hash = hashed(std::bit_cast<std::uint32_t>(here.x), std::bit_cast<std::uint32_t>(here.y),
                                 std::bit_cast<std::uint32_t>(here.z));
        const auto first = table.find(hash, [&](std::uint32_t other) { return model.points[other] == here; });
        same_as[i] = first == none ? i : first;
        if (first == none) table.put(hash, i);
    }
    for (auto& one : model.triangles)
        for (auto& corner : one)
            corner = same_as[corner];
    keep_used(model);
}

std::size_t weld_near(mesh& model, float tolerance)
{
    return weld_near(model, tolerance, std::vector<bool>(model.points.size(), true));
}

std::size_t weld_near(mesh& model, float tolerance, const std::vector<bool>& among)
{
    if (!(tolerance > 0)) return 0;
    // Cells twice as wide as the tolerance: whatever is near lies in one of eight.
    const double size = 2.0 * tolerance, reach = static_cast<double>(tolerance) * tolerance;
    point_table table(model.points.size());
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
    for (auto& one : model.triangles)
        for (auto& corner : one)
            corner = same_as[corner];
    keep_used(model);
    return joined;
}

} // namespace layerline::workshop
