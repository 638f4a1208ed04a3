// The messages of the handshake as values, and as JSON on the wire. Decoders take anything from anybody: at
// most 16 KiB, unknown fields ignored, every known one checked.
#pragma once

#include "access/binding.hpp"
#include "access/crypto.hpp"
#include "access/handshake.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::access {

inline constexpr unsigned handshake_version = 1;
using nonce = std::array<unsigned char, 32>;

struct challenge_message {
    std::vector<unsigned> versions; // that the relay speaks; 1-16 of them
    nonce relay_nonce{};
    public_key relay_key{};
    binding_mode binding = binding_mode::off; // what the relay can bind to here
};
struct hello_message {
    unsigned version = handshake_version;
    std::string agent_id;
    public_key key{};
    nonce agent_nonce{};
    std::string instance_id;
    std::string software_version;
    std::string host;
    binding_mode binding = binding_mode::off;
    bool paired = false;
    signature proof{};
};
struct welcome_message {
    signature proof{};
    bool claimed = false;
    relay_facts facts;
};
struct refused_message {
    std::string code; // an access::errc name
    std::string text;
    bool permanent = false;
    std::optional<std::chrono::milliseconds> retry_after;
};
struct pairing_message {
    code_hash code{};
    std::chrono::seconds expires_in{0}; // 1-600
};
struct waiting_message {}; // the relay has heard the code
struct claimed_message {
    relay_facts facts;
};
struct ready_message {};

std::string encode(const challenge_message& message);
std::string encode(const hello_message& message);
std::string encode(const welcome_message& message);
std::string encode(const refused_message& message);
std::string encode(const pairing_message& message);
std::string encode(const waiting_message& message);
std::string encode(const claimed_message& message);
std::string encode(const ready_message& message);

// Nothing if the text is no such message. Text of refused and of facts is made printable and cut.
std::optional<std::variant<challenge_message, refused_message>> decode_first(std::string_view text);
std::optional<hello_message> decode_hello(std::string_view text);
std::optional<std::variant<welcome_message, refused_message>> decode_answer(std::string_view text);
// From the agent while it waits for its claim.
std::optional<std::variant<pairing_message, ready_message>> decode_waiting(std::string_view text);
// From the relay while the agent waits.
std::optional<std::variant<waiting_message, claimed_message, refused_message>>
decode_claim(std::string_view text);

// What both ends sign, each under its own label.
struct transcript {
    nonce relay_nonce{}, agent_nonce{};
    std::string host, agent_id, instance_id;
    unsigned version = handshake_version;
    std::string exporter; // the TLS exporter value, or empty with binding off
    binding_mode binding = binding_mode::off;
    bool paired = false;
    public_key agent_key{}, relay_key{};
};
// Each part behind its length, so that no two transcripts give the same bytes.
std::string signed_by_agent(const transcript& t);
std::string signed_by_relay(const transcript& t, bool claimed);

} // namespace layerline::access
