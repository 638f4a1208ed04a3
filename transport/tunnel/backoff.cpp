// Full jitter over a doubling span.
#include "transport/tunnel/backoff.hpp"

#include <algorithm>

namespace layerline::transport {

namespace {

// SplitMix64: neighbouring seeds (agents numbered in a row) give unrelated waits, and its state is one word.
std::uint64_t next_random(std::uint64_t& state)
{
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

} // namespace

backoff::backoff(std::chrono::milliseconds floor, std::chrono::milliseconds ceiling, std::uint64_t seed)
    : floor_(std::max(floor, std::chrono::milliseconds(1))), ceiling_(std::max(ceiling, floor_)), state_(seed)
{
}

std::chrono::milliseconds backoff::next(std::chrono::milliseconds most)
{
    auto span = floor_;
    for (unsigned i = soon_again; i < failures_ && span < ceiling_; ++i)
        span *= 2;
    span = std::min({span, ceiling_, std::max(most, floor_)});
    const auto choice = next_random(state_) % static_cast<std::uint64_t>(span.count());
    return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(choice));
}

void backoff::fail()
{
    constexpr unsigned enough = 32; // past any ceiling; the count itself must not wrap
    failures_ = std::min(failures_ + 1, enough);
}

} // namespace layerline::transport
