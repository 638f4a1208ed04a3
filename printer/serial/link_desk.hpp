// What the agent knows of the print host and what it asked of it, as a pure machine: bytes and clock in,
// lines and outcomes out. No socket, no clock of its own.
#pragma once

#include "printer/printer_action.hpp"
#include "printer/serial/host_messages.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::printer::serial {

struct link_settings {
    std::string socket_path = "/run/layerline/printhost.sock";
    std::chrono::milliseconds answer_within{10000}; // for an action whose terms name no time
    std::chrono::milliseconds first_retry{100};     // between tries to connect; doubles ...
    std::chrono::milliseconds last_retry{2000};     // ... up to this
    std::chrono::milliseconds state_after{500};     // to wait for the state after an action was done
    std::chrono::milliseconds ask_after{3000};      // no line for this long: ask for the state
    std::chrono::milliseconds silence{10000};       // no line for this long: the print host hangs
    std::size_t most_waiting = 64; // actions under way at once; an emergency stop always fits
};

// One desk serves one link over all its connections. An action is sent at most once, ever.
class link_desk {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using ticket = std::uint64_t;
    struct outcome {
        ticket id = 0;
        printer_result<performed> what;
    };

    explicit link_desk(link_settings settings);

    // --- the connection ---
    // The socket is open. The host tells its state by itself; the desk asks for the capabilities.
    void connected(time_point now);
    // The socket is gone or could not be opened. `kind` and `why` (a sentence) become the state's `away` and
    // `reason`, unless the host itself gave a reason just before. Actions whose bytes went out end as
    // no_answer, the others as `kind`.
    void disconnected(printer_errc kind, std::string why, time_point now);
    // Bytes from the host, in any slicing. False when the connection must be closed (a line past 64 KiB).
    bool receive(std::string_view bytes, time_point now);
    // How long to wait before the next try to connect. Grows; a state told by the host resets it.
    std::chrono::milliseconds retry_delay();

    // --- actions ---
    // Queues one action. Its outcome comes from next_outcome(), at the latest when its time has run out; at
    // once while the host is away. That of an action that was done comes after the state that it led to was
    // told, so that whoever asked for a pause sees `pausing` (at most `state_after` later).
    ticket ask(action what, terms how, time_point now);
    // Nobody waits for this one any more. What has not gone out yet is not sent, an emergency stop apart.
    void forget(ticket id);
    // The next line to write, newline included, its time left as of now. What ran out of time unsent is
    // answered as `late` and left out.
    std::optional<std::string> next_line(time_point now);
    std::optional<outcome> next_outcome();

    // --- time ---
    // Ends what has run out of time; asks a silent host. False when the host has been silent for too long:
    // the connection must be closed.
    bool tick(time_point now);
    // When tick() wants to be called.
    std::optional<time_point> next_wakeup() const;

    // --- what is known ---
    // The newest state, its age as of now.
    printer_state state(time_point now) const;
    // Grows by one with each change, across connections.
    std::uint64_t sequence() const { return known_.sequence; }
    link_capabilities capabilities() const { return capabilities_; }
    bool online() const { return online_; }
    // Lines that could not be understood, ever; they are skipped.
    std::uint64_t malformed_lines() const { return malformed_; }

private:
    struct question {
        std::variant<action, ask_state, ask_capabilities> what;
        terms how;
        time_point deadline;
        bool ours = false;                // asked by the desk itself: nobody waits
        bool written = false;             // its line was handed out
        bool urgent = false;              // an emergency stop
        std::optional<outcome> held = {}; // a question for the state: told once that is here
    };

    void line(std::string_view text, time_point now);
    void told(printer_state told, time_point now);
    void replied(host_reply reply, time_point now);
    void queue_own(std::variant<action, ask_state, ask_capabilities> what, time_point deadline,
                   std::optional<outcome> held = {});
    void done(ticket id, performed what, time_point now);
    void end(ticket id, printer_result<performed> what);

    link_settings settings_;
    bool online_ = false;
    ticket last_id_ = 0;
    std::map<ticket, question> open_;
    std::deque<ticket> to_write_; // ids of open_ not yet written, urgent ones first
    std::deque<outcome> outcomes_;
    std::string partial_; // a line not yet ended
    printer_state known_;
    std::optional<time_point> told_at_; // when known_ was last told by the host
    link_capabilities capabilities_;
    time_point heard_at_{}; // any line of this connection
    bool asked_since_heard_ = false;
    std::optional<printer_failure> refusal_; // the host's own reason for closing this connection
    std::chrono::milliseconds next_retry_;
    std::uint64_t malformed_ = 0;
};

} // namespace layerline::printer::serial
