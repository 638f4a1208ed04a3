// Token buckets by key: how often somebody may do something. Pure: the clock is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace layerline::access {

struct rate {
    double burst = 10;                              // at once
    std::chrono::milliseconds one_back_after{1000}; // how long until one more is allowed
};

// At most `max_keys` buckets; past it the one that was not used for the longest is dropped. Not safe from
// several threads.
class rate_limiter {
public:
    using clock = std::chrono::steady_clock;
    explicit rate_limiter(rate how_often, std::size_t max_keys = 4096);

    // Takes `cost` from the key's bucket. Nothing: allowed. Else how long to wait before the same is allowed;
    // nothing was taken then. A cost over the burst is treated as the burst.
    std::optional<std::chrono::milliseconds> take(std::string_view key, clock::time_point now,
                                                  double cost = 1);
    // The same answer without taking.
    std::optional<std::chrono::milliseconds> peek(std::string_view key, clock::time_point now,
                                                  double cost = 1) const;
    std::size_t keys() const { return buckets_.size(); }

private:
    struct bucket {
        double left = 0;
        clock::time_point at;
        std::list<std::string>::iterator used;
    };
    double left_at(const bucket& b, clock::time_point now) const;
    std::chrono::milliseconds wait_for(double missing) const;

    rate rate_;
    std::size_t max_keys_;
    std::list<std::string> order_; // last used first
    std::unordered_map<std::string, bucket> buckets_;
};

// The key of a caller's address: IPv4 as it is, IPv6 by its /64 (one subscriber has them all), IPv4-mapped as
// IPv4. "address:port" and "[address]:port" are understood; any other text is its own key, cut at 64 bytes.
std::string address_key(std::string_view peer);

} // namespace layerline::access
