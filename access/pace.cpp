#include "access/pace.hpp"

#include <algorithm>

namespace layerline::access {

std::chrono::milliseconds pacer::pass(std::string_view key, std::size_t bytes, clock::time_point now)
{
    if (rate_ == 0) return std::chrono::milliseconds(0);
    if (paid_until_.size() >= most_keys)
        std::erase_if(paid_until_, [now](const auto& each) { return each.second <= now; });
    if (paid_until_.size() >= most_keys) paid_until_.erase(paid_until_.begin());
    const auto [place, fresh] = paid_until_.try_emplace(std::string(key), now - std::chrono::seconds(1));
    auto& until = place->second;
    until = std::max(until, now - std::chrono::seconds(1));
    until += std::chrono::microseconds(
        static_cast<std::int64_t>(1e6 * static_cast<double>(bytes) / static_cast<double>(rate_)));
    if (until <= now) return std::chrono::milliseconds(0);
    return std::chrono::ceil<std::chrono::milliseconds>(until - now);
}

} // namespace layerline::access
