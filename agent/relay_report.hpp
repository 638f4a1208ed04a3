// How the agent stands with its relay, in words for its owner.
#pragma once

#include "transport/net.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::agent {

enum class relay_phase : std::uint8_t {
    off,       // no relay is configured
    dialling,  // a connection is being made
    pairing,   // connected; waits for somebody to type the code
    connected, // paired, and requests can come
    waiting,   // for the next try
    given_up,  // trying again cannot help
};
std::string_view name_of(relay_phase p);

struct relay_report {
    relay_phase now = relay_phase::off;
    std::string url;          // of the address it is about
    std::string problem;      // a sentence: why waiting or given up; may be empty
    std::string base_url;     // where phones reach the relay, as it told
    std::string printer_name; // as the owner called this printer at the relay
    std::optional<transport::clock::time_point> next_try;
    std::optional<std::string> code; // XXXX-XXXX, while pairing
    std::optional<transport::clock::time_point> code_until;
};

// One line: "connected to wss://relay.example", "waiting 3 s to try wss://relay.example again: …".
std::string in_words(const relay_report& report, transport::clock::time_point now);
// What the log and `status` tell of a code: "code XXXX-XXXX, valid 10 minutes: on the relay run …".
std::string pairing_words(std::string_view code, std::chrono::seconds left);

} // namespace layerline::agent
