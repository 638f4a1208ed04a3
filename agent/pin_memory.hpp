// The relay's key as pinned at the first pairing, kept in the agent's store.
#pragma once

#include "access/handshake.hpp"
#include "access/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

// {"key":"<64 hex digits>","binding":"tls-exporter"}, both ways; nothing if it is not that.
std::string pin_as_text(const access::relay_pin& pin);
std::optional<access::relay_pin> pin_from_text(std::string_view text);

class pin_memory {
public:
    explicit pin_memory(access::store& keeper) : store_(keeper) {}
    // Nothing before the first pairing. access::errc::store_corrupt when what is kept is no pin: never taken
    // for "not paired".
    transport::task<transport::result<std::optional<access::relay_pin>>> load();
    transport::task<transport::result<void>> keep(access::relay_pin pin);
    // The owner gives the relay up: the next one is paired anew.
    transport::task<transport::result<void>> forget();

private:
    access::store& store_;
};

} // namespace layerline::agent
