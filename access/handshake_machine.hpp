// The decisions of the handshake, one machine an end: messages in, messages and verdicts out. No sockets, no
// clock.
#pragma once

#include "access/handshake.hpp"
#include "access/handshake_messages.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::access {

// The TLS exporter value of this end's connection, if it has TLS.
using exporter = std::optional<std::array<unsigned char, 32>>;

class agent_machine {
public:
    // `fresh`: 32 random bytes that are used for nothing else.
    agent_machine(agent_handshake_options options, exporter tls, nonce fresh);

    // The hello to send.
    handshake_result<std::string> on_challenge(std::string_view text);

    struct welcomed {
        bool claimed = false; // the tunnel begins; else the agent sends codes
        relay_facts facts;
    };
    handshake_result<welcomed> on_welcome(std::string_view text);

    static std::string pairing(std::string_view code, std::string_view agent_id, std::chrono::seconds life);
    // While it waits: the facts once claimed; nothing when the relay only says that it waits too.
    static handshake_result<std::optional<relay_facts>> on_claim(std::string_view text);
    static std::string ready();

    // After on_challenge(): what to pin when the agent is claimed.
    relay_pin pin() const { return {said_.relay_key, said_.binding}; }

private:
    agent_handshake_options options_;
    exporter tls_;
    transcript said_;
};

class relay_machine {
public:
    relay_machine(relay_handshake_options options, exporter tls, nonce fresh);

    std::string challenge() const;
    // What the agent proved; `peer` is left empty.
    handshake_result<agent_facts> on_hello(std::string_view text);
    // After on_hello(): the rules that need what the relay keeps of this agent. Nothing: it may come in.
    std::optional<handshake_failure> judge(const admission& known) const;
    // Whether the tunnel begins right after the welcome.
    bool claimed(const admission& known) const { return known.claimed && said_.paired; }
    handshake_result<std::string> welcome(const admission& known) const;

    struct code_offer {
        code_hash code{};
        std::chrono::seconds life{0};
    };
    struct agent_ready {};
    // While the agent waits. `told`: whether it was sent `claimed`, before which it cannot be ready.
    static handshake_result<std::variant<code_offer, agent_ready>> on_waiting(std::string_view text,
                                                                              bool told);
    static std::string waiting();
    static std::string claimed(const relay_facts& facts);
    static std::string refused(const handshake_failure& failure);

private:
    relay_handshake_options options_;
    exporter tls_;
    transcript said_;
};

} // namespace layerline::access
