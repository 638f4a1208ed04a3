// The serial protocol of Marlin-family firmware as a pure state machine: bytes and clock in, bytes and events
// out. No descriptor, no thread, no clock of its own. One owner.
//
// Between `connected` and the end of a conversation it allocates nothing, if events come back by reuse(): not
// for lines sent, acknowledged and sent again, nor for temperatures and other words of the firmware up to 256
// bytes, 32 at a time. What allocates: opened() and rejoin() with what they ask, host actions, what listen()
// tells, killed and gone_silent.
#pragma once

#include "printer/printer_state.hpp"
#include "printer/serial/firmware_profile.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::printer::serial {

using time_point = std::chrono::steady_clock::time_point;

struct machine_settings {
    std::size_t receive_buffer = 128; // of the firmware, in bytes: what may be under way unacknowledged
    std::size_t max_line = 96;        // MAX_CMD_SIZE, number and checksum included
    // Lines under way at most, where the firmware tells its free slots (ADVANCED_OK); up to 5. More than one
    // is at the owner's risk: on a damaged line Marlin throws away the bytes that have arrived, and where
    // that cuts a later line just behind its number, the rest of it is carried out out of turn and once more
    // when it is sent again. With one line under way nothing can be cut.
    std::size_t window_lines = 1;
    std::size_t history = 512;                      // sent lines kept for resends
    bool meatpack = false;                          // lines go out packed where M115 tells MEATPACK
    std::optional<firmware_kind> kind = {};         // as the owner says; none: by what M115 tells
    std::chrono::milliseconds hello_patience{2000}; // between tries of M110
    std::chrono::milliseconds boot_patience{10000}; // first try may hit a boot loader
    // No byte at all while an ok is owed: lost. The firmware's family may take longer.
    std::chrono::milliseconds silence{30000};
    std::chrono::milliseconds lost_ok{400}; // no ok and no busy for this long: probe with a numbered M105
};

// --- events
// -------------------------------------------------------------------------------------------------
struct connected {
    firmware_info firmware;
    firmware_kind kind = firmware_kind::marlin2;
}; // hello and M115 done; also after a firmware reset
struct rejoined {
    std::uint64_t last_line;
}; // after rejoin(): the last line that the firmware took; `connected` follows
struct acknowledged {
    std::uint64_t tag;
}; // the line of that tag was accepted, in order
struct temperatures {
    std::vector<heater_state> heaters;
}; // of an ok, an autoreport or a heat-up wait
struct positioned {
    head_position at;
};
struct busy {
    bool for_user;
}; // "busy: processing" / "busy: paused for user"
struct host_action {
    std::string text;
}; // after "//action:"
struct said {
    std::string text;
}; // any other line, for the log and attention
struct heard {
    std::string text;
}; // a whole line, word for word, while listen() is on; then what it means follows
struct resend_asked {
    std::uint64_t line;
};
struct unknown_command {
    std::string text;
};
struct killed {
    std::string text;
};                   // halted: thermal errors, kill(), M112; joined error lines
struct was_reset {}; // the board booted again: everything queued is gone
struct gone_silent {
    std::string text;
}; // hello failed, or no byte for `silence`, or stuck resends
using event = std::variant<connected, rejoined, acknowledged, temperatures, positioned, busy, host_action,
                           said, heard, resend_asked, unknown_command, killed, was_reset, gone_silent>;

class protocol_machine {
public:
    explicit protocol_machine(machine_settings settings);
    ~protocol_machine();
    protocol_machine(const protocol_machine&) = delete;
    protocol_machine& operator=(const protocol_machine&) = delete;

    // --- in ---
    // The port was opened: says hello (newline, M110 N0 twice, M115), turns on autoreports and M113
    // keep-alive.
    void opened(time_point now);
    // The same in the middle of a print whose host died: changes nothing at the printer, but ends a half
    // line, asks who it is and which line it took last, and counts on from there. `beyond` is a number that
    // cannot have been used: firmware that does not tell its last line when asked tells it with the error
    // that this provokes.
    void rejoin(std::uint64_t beyond, time_point now);
    // Bytes from the port, in any slicing. A line over 1 KiB is cut there and marked as garbage.
    void receive(std::string_view bytes, time_point now);
    // Time has passed; call at next_wakeup() or later.
    void tick(time_point now);
    // Whether send() may be called now: connected, no resend under way, window and history have room.
    bool can_send() const;
    // Queues one command, numbered and checksummed. `tag` comes back in `acknowledged`. Preconditions:
    // can_send(), and frameable(command, max_line) of line_codec.hpp; std::logic_error where they do not
    // hold.
    void send(std::string_view command, std::uint64_t tag, time_point now);
    // M112, M108, M410, M876: ahead of everything, unnumbered, not counted, at any time while the port is
    // open. At most 4 waiting; false when full, not frameable, or before opened() and after gone_silent.
    bool send_urgent(std::string_view command, time_point now);
    // Whether lines are told as `heard`, too. Busy lines, reports that nobody asked for and a bare "ok" are
    // not.
    void listen(bool on);
    // Lines given to send() and not yet acknowledged.
    std::size_t in_flight() const;

    // --- out ---
    // Bytes to write to the port now; consumed() says how many were written.
    std::string_view output() const;
    void consumed(std::size_t count, time_point now);
    // The next event, oldest first.
    std::optional<event> next_event();
    // Takes an event back that was looked at, for the memory in it. Not needed, but for its sake.
    void reuse(event&& done);
    // When tick() wants to be called.
    std::optional<time_point> next_wakeup() const;

    // The number that the next line will have, whoever makes it, and the last that was accepted.
    std::uint64_t next_number() const;
    std::uint64_t accepted_number() const;

    bool is_connected() const;
    // Whether a firmware was understood since opened(): at work, starting, or answering.
    bool makes_sense() const;
    // Whether bytes came that are no line of any firmware: noise, or another baud rate.
    bool heard_noise() const;
    std::uint64_t resends() const; // requests that were followed
    std::uint64_t probes() const;  // lost acknowledgements that were suspected

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace layerline::printer::serial
