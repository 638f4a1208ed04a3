// Log records on their way from the wire to whoever writes them: a fixed number of places, no lock, no
// allocation.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace layerline::printer::serial {

// put() by one thread, take() by one other.
class log_ring {
public:
    static constexpr std::size_t room = 128, longest = 400; // records; bytes of one, the rest is cut

    // False when it is full; the record is then lost, and counted.
    bool put(bool warning, std::string_view text)
    {
        const auto put = put_.load(std::memory_order_relaxed);
        if (put - taken_.load(std::memory_order_acquire) == room) {
            ++lost_;
            return false;
        }
        record& place = records_[put % room];
        place.warning = warning;
        place.size = static_cast<std::uint16_t>(std::min(text.size(), longest));
        std::copy_n(text.data(), place.size, place.text.data());
        put_.store(put + 1, std::memory_order_release);
        return true;
    }
    // Calls each(warning, text) for all that is there.
    template <class Each>
    void take_all(Each&& each)
    {
        for (auto at = taken_.load(std::memory_order_relaxed); at != put_.load(std::memory_order_acquire);) {
            const record& place = records_[at % room];
            each(place.warning, std::string_view(place.text.data(), place.size));
            taken_.store(++at, std::memory_order_release);
        }
    }
    // Since the last call.
    std::uint64_t take_lost() { return lost_.exchange(0); }

private:
    struct record {
        bool warning = false;
        std::uint16_t size = 0;
        std::array<char, longest> text{};
    };
    std::array<record, room> records_;
    std::atomic<std::size_t> put_{0}, taken_{0};
    std::atomic<std::uint64_t> lost_{0};
};

} // namespace layerline::printer::serial
