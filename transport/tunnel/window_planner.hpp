// How large a stream's window is to be: 256 KiB hold a usual answer, a download over a long way needs twice
// what is on its way at once (rate times round trip). Pure: the caller brings the time.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace layerline::transport {

class window_planner {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    struct settings {
        std::uint32_t first = 256 * 1024;             // every stream's window to begin with
        std::uint32_t most = 4 * 1024 * 1024;         // of one stream
        std::uint32_t most_grown = 16 * 1024 * 1024;  // all streams together, beyond their first
        duration near = std::chrono::milliseconds(5); // below it no window grows
        duration ask_every = std::chrono::seconds(1); // for a round trip, while bodies flow
    };
    // What is known of one stream; the caller keeps it.
    struct flow {
        std::uint32_t window = 0; // 0: as it began
        std::size_t all = 0;      // taken by the reader so far
        std::size_t bytes = 0;    // taken by the reader since `since`
        time_point since{};
    };

    explicit window_planner(const settings& given) : settings_(given) {}

    // The reader has taken bytes. Whatever is not taken counts for nothing: a slow reader's window stays.
    // Gives the stream's new window if it has to grow.
    std::optional<std::uint32_t> taken(flow& of, std::size_t bytes, time_point now);
    // Whether a round trip should be measured now, for the sake of this stream: not for a few bytes. True
    // counts as a ping sent.
    bool wants_round_trip(const flow& of, time_point now);
    // A ping came back after this time.
    void round_trip(duration took);
    // The stream is over: its share is free again.
    void ended(flow& of);

    // The shortest of the last ones: what queues on the way is not distance.
    std::optional<duration> shortest() const;
    std::uint32_t grown() const { return grown_; }

private:
    settings settings_;
    std::array<duration, 16> trips_{};
    std::size_t measured_ = 0;
    std::optional<time_point> asked_;
    std::uint32_t grown_ = 0;
};

} // namespace layerline::transport
