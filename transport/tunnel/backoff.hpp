// Waits between tries, with full jitter: many agents that lost one relay must not come back together.
#pragma once

#include <chrono>
#include <cstdint>

namespace layerline::transport {

class backoff {
public:
    // `seed` differs from agent to agent; the same seed gives the same waits.
    backoff(std::chrono::milliseconds floor, std::chrono::milliseconds ceiling, std::uint64_t seed);

    // How many failures leave the span as it is: after an outage of a second the next try is near.
    static constexpr unsigned soon_again = 3;

    // Anywhere in [0, min(ceiling, floor * 2^(failures - soon_again))), evenly. `most` lowers the ceiling,
    // not below the floor.
    std::chrono::milliseconds next() { return next(ceiling_); }
    std::chrono::milliseconds next(std::chrono::milliseconds most);
    // One more failure: past the first few, the next wait may be twice as long.
    void fail();
    // After a healthy while, not on a mere connection.
    void reset() { failures_ = 0; }

private:
    std::chrono::milliseconds floor_, ceiling_;
    std::uint64_t state_;
    unsigned failures_ = 0;
};

} // namespace layerline::transport
