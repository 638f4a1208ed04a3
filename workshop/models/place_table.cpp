#include "workshop/models/place_table.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace layerline::workshop {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t batch = 32; // points whose memory is asked for before the first is looked at
constexpr std::size_t most_steps = 1024;
constexpr std::uint32_t numbers_at_once = 1024;

std::uint64_t hashed(const std::array<float, 3>& at)
{
    const auto bits = [](float value) { return std::uint64_t{std::bit_cast<std::uint32_t>(value)}; };
    auto mixed = (bits(at[0]) | bits(at[1]) << 32U) * 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ mixed >> 32U ^ bits(at[2])) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ mixed >> 33U) * 0xc4ceb9fe1a85ec53ULL;
    return mixed ^ mixed >> 33U;
}

} // namespace

place_table::place_table(std::size_t points, std::size_t slots, unsigned workers)
    : patience_(slots >= 2 * points ? slots : std::min(slots, most_steps)), slots_(slots, none),
      supplies_(workers), places_(std::make_unique_for_overwrite<coordinates[]>( // NOLINT(*-avoid-c-arrays)
                              points + std::size_t{workers} * numbers_at_once))
{
}

bool place_table::put(std::span<const point> points, std::uint32_t* numbers, unsigned worker)
{
    auto& from = supplies_[worker];
    const auto mask = slots_.size() - 1;
    std::array<coordinates, batch> at{};
    std::array<std::uint32_t, batch> slot{};
    for (; !points.empty(); points = points.subspan(std::min(batch, points.size()))) {
        const auto count = std::min(batch, points.size());
        for (std::size_t i = 0; i < count; ++i) {
            at[i] = {points[i].x + 0.0F, points[i].y + 0.0F, points[i].z + 0.0F}; // -0 becomes 0
            slot[i] = static_cast<std::uint32_t>(hashed(at[i]) & mask);
            __builtin_prefetch(&slots_[slot[i]]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            const auto there = std::atomic_ref(slots_[slot[i]]).load(std::memory_order_relaxed);
            if (there != none) __builtin_prefetch(&places_[there]);
        }
        for (std::size_t i = 0; i < count; ++i, ++numbers) {
            *numbers = number_of(at[i], slot[i], from);
            if (*numbers == none) return false;
        }
    }
    return true;
}

std::uint32_t place_table::number_of(const coordinates& at, std::uint32_t slot, supply& from)
{
    const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
    for (std::size_t steps = 0; steps < patience_; ++steps, slot = (slot + 1) & mask) {
        const std::atomic_ref held(slots_[slot]);
        auto there = held.load(std::memory_order_acquire);
        if (there == none) {
            if (from.next == from.end) {
                from.next = given_.fetch_add(numbers_at_once);
                from.end = from.next + numbers_at_once;
            }
            const auto mine = from.next;
            places_[mine] = at;
            if (held.compare_exchange_strong(there, mine, std::memory_order_acq_rel)) {
                ++from.next;
                return mine;
            }
        }
        if (places_[there] == at) return there;
    }
    return none;
}

} // namespace layerline::workshop
