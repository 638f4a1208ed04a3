// The few things taken from OpenSSL: random numbers, SHA-256, a comparison that tells nothing by its time.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace layerline::access {

using digest = std::array<unsigned char, 32>;

// Fills `into` from OpenSSL's generator for private values. False if it has none: then nothing secret is
// made.
[[nodiscard]] bool random_bytes(std::span<unsigned char> into);
// Aborts if OpenSSL has no SHA-256: then nothing here can be trusted.
digest sha256(std::string_view bytes);
// Of equal length and content; the time depends on the lengths only.
bool constant_time_equal(std::span<const unsigned char> a, std::span<const unsigned char> b);

} // namespace layerline::access
