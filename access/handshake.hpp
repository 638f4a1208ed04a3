// The handshake before a tunnel: both ends prove their keys, and an agent that nobody owns yet waits for its
// claim. These are the coroutines that agent and relay call; the decisions are in
// access/handshake_machine.hpp.
//
//   relay -> challenge          agent -> hello            relay -> welcome or refused
//   unclaimed only, until somebody types the code:  agent -> pairing (each 5 s)   relay -> waiting
//   then:                       relay -> claimed          agent -> ready
//
// Then the same stream carries HTTP/2.
#pragma once

#include "access/binding.hpp"
#include "access/error.hpp"
#include "access/identity.hpp"
#include "access/pairing.hpp"
#include "transport/message_stream.hpp"
#include "transport/net.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace layerline::access {

inline constexpr std::size_t max_handshake_message = 16UL * 1024;

// Why a handshake ended without a tunnel: of access::errc, or of transport::errc where the connection broke.
struct handshake_failure {
    boost::system::error_code code;
    std::string text;       // a sentence for a person; never empty
    bool permanent = false; // trying the same again cannot help
    std::optional<std::chrono::milliseconds> retry_after;
};
// The row's text and permanence, and what happened here.
handshake_failure make_failure(errc code, std::string detail = {});
template <class T>
using handshake_result = boost::system::result<T, handshake_failure>;
[[noreturn]] inline void throw_exception_from_error(const handshake_failure& failure,
                                                    const boost::source_location&)
{
    throw std::logic_error("handshake_result::value() on a failure: " + failure.text);
}

struct handshake_times {
    std::chrono::milliseconds to_welcome{10000}; // from the first message to the welcome
    std::chrono::milliseconds code_life{600000}; // then the agent makes a new code; at most 10 minutes
    std::chrono::milliseconds say_every{5000};   // while it waits for its claim the agent says so
    std::chrono::milliseconds silence{15000};    // and each end gives up after hearing nothing for this long
};

// What the relay tells with its welcome, and again when the agent is claimed.
struct relay_facts {
    std::string software_version;
    std::string base_url;                   // where phones reach it; may be empty
    std::string printer_name;               // as the owner called this printer; may be empty
    std::string minimum_agent_version = {}; // older agents get in and carry nothing; empty: any will do
};

// ---- the agent's end ----

// What an agent keeps of its relay from pairing on.
struct relay_pin {
    public_key key{};
    binding_mode binding = binding_mode::tls_exporter;
};

// The code that the agent shows now, kept over reconnects so that a person can finish typing it.
struct shown_code {
    std::string code; // empty: none
    std::chrono::steady_clock::time_point until;
};

struct agent_handshake_options {
    std::shared_ptr<const identity> self;
    std::string software_version;
    std::string host;                                  // the name dialled, without port; lower case
    binding_mode binding = binding_mode::tls_exporter; // its own configuration
    std::optional<relay_pin> pin;                      // none before the first pairing
    std::shared_ptr<shown_code> code; // may be null: then each connection has a code of its own
    handshake_times times;
};

// What the agent does with codes and with the relay's key.
class agent_desk {
public:
    virtual ~agent_desk() = default;
    // Shows the code: in the log, on the LAN page, in `status`. Each new one replaces the last.
    virtual void show_code(const std::string& code, std::chrono::seconds valid_for) = 0;
    // No code is valid any more: claimed, or the connection ended.
    virtual void hide_code() = 0;
    // Somebody claimed this agent: keep the pin durably. On an error the tunnel is not begun.
    virtual transport::task<transport::result<void>> keep_pin(relay_pin pin) = 0;
};

struct agent_session {
    public_key relay_key{};
    relay_facts facts;
    bool newly_paired = false;
};

// From a dialled stream to one that carries HTTP/2. Ends with the stream aborted or closed on a failure.
// Waits for a claim as long as the stream lives, with a fresh code each 10 minutes. `desk` must outlive it.
transport::task<handshake_result<agent_session>>
agent_handshake(std::shared_ptr<transport::message_stream> stream, agent_handshake_options options,
                agent_desk& desk);

// ---- the relay's end ----

// An agent that has proven its key.
struct agent_facts {
    std::string agent_id;
    public_key key{};
    std::string instance_id;
    std::string software_version; // 1-64 printable ASCII characters
    std::string host;             // the name it dialled
    binding_mode binding = binding_mode::tls_exporter;
    bool paired = false; // whether the agent holds a pin for this relay; without one it asks for a claim
    std::string peer;
};

struct admission {
    bool claimed = false; // known here; with !agent_facts::paired it is asked for a claim all the same
    // Fixed at pairing, if claimed: an agent that offers less is refused.
    std::optional<binding_mode> binding;
    std::optional<public_key> key; // the pinned key, if claimed; another one is refused
    relay_facts facts;
};

// Rung once by whoever claims the agent. Safe from any thread, also after the agent went away (nothing
// happens).
class claim_signal {
public:
    virtual ~claim_signal() = default;
    virtual void ring(relay_facts facts) = 0;
};

// The relay's decisions. Called on the stream's context.
class agent_registry {
public:
    virtual ~agent_registry() = default;
    // The agent proved its key. An admission, or a refusal (key_refused, quarantined, a failure of the store:
    // told on as not permanent).
    virtual transport::task<std::variant<admission, handshake_failure>> admit(agent_facts agent) = 0;
    // An unclaimed agent has a (new) code; ring `claimed` after the claim is kept durably. A failure (desk
    // full) refuses the agent.
    virtual transport::task<transport::result<void>> offer_code(agent_facts agent, code_hash code,
                                                                std::chrono::seconds life,
                                                                std::shared_ptr<claim_signal> claimed) = 0;
    // The agent's wait is over: claimed, or its stream ended. Called once for each handshake that offered a
    // code.
    virtual void withdraw(const std::string& agent_id,
                          const std::shared_ptr<claim_signal>& claimed) noexcept = 0;
};

struct relay_handshake_options {
    std::shared_ptr<const identity> self;
    // Names this relay is reached by, lower case; empty: any. An agent that dialled another one is refused.
    std::vector<std::string> host_names;
    // Least that a new agent may offer. The relay asks for tls-exporter on TLS streams whatever this says.
    binding_mode minimum_binding = binding_mode::off;
    handshake_times times;
};

struct relay_session {
    agent_facts agent;
    bool newly_paired = false;
};

// From an accepted stream to one that carries HTTP/2; refuses with `refused` and WebSocket code 1008 (1013
// when it is worth trying again). `registry` must outlive it.
transport::task<handshake_result<relay_session>>
relay_handshake(std::shared_ptr<transport::message_stream> stream, relay_handshake_options options,
                agent_registry& registry);

} // namespace layerline::access
