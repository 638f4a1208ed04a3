// Telling a caller's server that an operation is over: where to, with which signature, and when again. Pure.
#pragma once

#include "workshop/jobs/job.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::uint32_t most_tells = 8;

// http:// or https:// with a host, and no user name or fragment.
bool is_callback_url(std::string_view url);

// Whether a callback may go to this numeric address. Never to link-local, multicast, broadcast and
// unspecified ones; to loopback and private ones only if `local`.
bool callback_address_allowed(const std::string& numeric, bool local);

// "t=1764547200,v1=HEX": HMAC-SHA256 of "1764547200." and the body, under the workshop's secret. Nothing if
// OpenSSL failed.
std::optional<std::string> signature_of(std::string_view secret, std::int64_t now_unix,
                                        std::string_view body);

// After so many tries that failed: 5 s, 20 s, 80 s… at most an hour; nothing when it is given up.
std::optional<std::chrono::seconds> next_try_after(std::uint32_t tries);

} // namespace layerline::workshop
