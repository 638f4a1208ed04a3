// Token buckets by key, the least recently used one dropped when there are too many.
#include "access/limits.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <arpa/inet.h>

namespace layerline::access {

rate_limiter::rate_limiter(rate how_often, std::size_t max_keys) : rate_(how_often), max_keys_(max_keys) {}

double rate_limiter::left_at(const bucket& b, clock::time_point now) const
{
    if (now <= b.at) return b.left;
    const std::chrono::duration<double, std::milli> passed = now - b.at;
    const auto every = static_cast<double>(std::max<std::int64_t>(rate_.one_back_after.count(), 1));
    return std::min(rate_.burst, b.left + passed.count() / every);
}

std::optional<std::chrono::milliseconds> rate_limiter::peek(std::string_view key, clock::time_point now,
                                                            double cost) const
{
    const auto found = buckets_.find(std::string(key));
    const double left = found == buckets_.end() ? rate_.burst : left_at(found->second, now);
    const double missing = std::clamp(cost, 0.0, rate_.burst) - left;
    if (missing <= 0) return std::nullopt;
    return wait_for(missing);
}

std::chrono::milliseconds rate_limiter::wait_for(double missing) const
{
    const double wait = std::ceil(missing * static_cast<double>(rate_.one_back_after.count()));
    return std::chrono::milliseconds(std::max<std::int64_t>(static_cast<std::int64_t>(wait), 1));
}

std::optional<std::chrono::milliseconds> rate_limiter::take(std::string_view key, clock::time_point now,
                                                            double cost)
{
    const double taken = std::clamp(cost, 0.0, rate_.burst);
    std::string name(key);
    const auto found = buckets_.find(name);
    const double left = found == buckets_.end() ? rate_.burst : left_at(found->second, now);
    // Who keeps knocking is not the one to forget, whether let in or not.
    if (found != buckets_.end()) order_.splice(order_.begin(), order_, found->second.used);
    if (taken > left) return wait_for(taken - left);
    if (found != buckets_.end()) {
        auto& b = found->second;
        b.left = left - taken;
        b.at = std::max(b.at, now);
        return std::nullopt;
    }
    while (!order_.empty() && buckets_.size() >= max_keys_) {
        buckets_.erase(order_.back());
        order_.pop_back();
    }
    order_.push_front(name);
    buckets_.emplace(name, bucket{rate_.burst - taken, now, order_.begin()});
    return std::nullopt;
}

std::string address_key(std::string_view peer)
{
    auto address = peer;
    if (address.starts_with('[')) {
        const auto end = address.find(']');
        address = end == std::string_view::npos ? address : address.substr(1, end - 1);
    } else if (std::ranges::count(address, ':') == 1) {
        address = address.substr(0, address.find(':'));
    }
    address = address.substr(0, address.find('%')); // the zone of a link-local address
    std::string text(address.substr(0, 64));
    std::array<unsigned char, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> shown{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return text;
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::string(peer.substr(0, 64));
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
        ::inet_ntop(AF_INET, bytes.data() + 12, shown.data(), shown.size());
        return shown.data();
    }
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    ::inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size());
    return std::string(shown.data()) + "/64";
}

} // namespace layerline::access
