// How a tunnel's handshake is tied to its TLS connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace layerline::access {

// In rising order: more binds more.
enum class binding_mode : std::uint8_t {
    off,          // not tied: for relays behind a proxy that ends TLS, and for ws:// on loopback
    tls_exporter, // both ends sign the TLS exporter value, so nobody can sit in between
};

// "off" and "tls-exporter", both ways: on the wire, in the store and in configurations.
std::string_view name_of(binding_mode mode);
std::optional<binding_mode> parse_binding(std::string_view name);

} // namespace layerline::access
