#include "workshop/models/place_table.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t batch = 32; // points whose memory is asked for before the first is looked at
constexpr std::size_t most_steps = 1024;

std::uint64_t hashed(const point& at)
{
    const auto bits = [](float value) {
        return std::uint64_t{std::bit_cast<std::uint32_t>(value + 0.0F)}; // -0 becomes 0
    };
    auto mixed = (bits(at.x) | bits(at.y) << 32U) * 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ mixed >> 32U ^ bits(at.z)) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ mixed >> 33U) * 0xc4ceb9fe1a85ec53ULL;
    return mixed ^ mixed >> 33U;
}

} // namespace

place_table::place_table(const std::vector<point>& points, std::size_t slots)
    : points_(points.data()), slots_(slots, none),
      patience_(slots >= 2 * points.size() ? slots : std::min(slots, most_steps))
{
}

bool place_table::put(std::size_t first, std::size_t end, std::uint32_t* slot_of)
{
    const auto mask = slots_.size() - 1;
    std::array<std::uint32_t, batch> at{};
    for (auto from = first; from < end; from += batch) {
        const auto count = std::min(batch, end - from);
        for (std::size_t i = 0; i < count; ++i) {
            at[i] = static_cast<std::uint32_t>(hashed(points_[from + i]) & mask);
            __builtin_prefetch(&slots_[at[i]]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto there = std::atomic_ref(slots_[at[i]]).load(std::memory_order_relaxed);
            if (there != none) __builtin_prefetch(points_ + there);
        }
        for (std::size_t i = 0; i < count; ++i) {
            slot_of[from + i] = settled(static_cast<std::uint32_t>(from + i), at[i]);
            if (slot_of[from + i] == none) return false;
        }
    }
    return true;
}

// Points are only read meanwhile: what the slots hold needs no order among threads.
std::uint32_t place_table::settled(std::uint32_t index, std::uint32_t slot)
{
    constexpr auto relaxed = std::memory_order_relaxed;
    const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
    for (std::size_t steps = 0; steps < patience_; ++steps, slot = (slot + 1) & mask) {
        const std::atomic_ref held(slots_[slot]);
        auto there = held.load(relaxed);
        if (there == none && held.compare_exchange_strong(there, index, relaxed)) return slot;
        if (points_[there] != points_[index]) continue;
        while (index < there && !held.compare_exchange_weak(there, index, relaxed)) {
        }
        return slot;
    }
    return none;
}

} // namespace layerline::workshop
