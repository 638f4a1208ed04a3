// A Marlin-like firmware without hardware: bytes in, bytes out, a clock given in. No descriptor, no thread,
// no clock of its own. Everything happens at exact times, however rarely advance() is called. One owner.
#pragma once

#include "printer/virtual/motion.hpp"
#include "printer/virtual/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::virtual_printer {

// Called for each command that changes motion or state, when it has been carried out (a move: when the
// planner took it). The text is as received, without number and checksum.
using executed_sink = std::function<void(std::string_view command, std::optional<std::int64_t> line_number)>;

struct heater_reading {
    double actual = 0;
    double target = 0;
};

// The buttons of the printer's own panel; click answers what it waits for.
enum class panel_button : std::uint8_t { start, pause, resume, cancel, click };

// What a report says.
struct firmware_status {
    motion_tally path;
    axes position{};
    std::array<bool, 3> homed{};
    bool motors_on = false;
    heater_reading tool, bed;
    std::optional<heater_reading> chamber;
    bool killed = false;
    std::string kill_reason; // of the last kill, also when a reset followed
    std::uint64_t boots = 0;
    std::uint64_t connections = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_lost = 0;      // the receive ring was full
    std::uint64_t lines_received = 0;  // accepted and queued
    std::uint64_t lines_numbered = 0;  // complete numbered lines, good or bad
    std::uint64_t repeats_dropped = 0; // dropped without a word
    std::uint64_t resends_asked = 0;
    std::uint64_t unknown_commands = 0;
    std::uint64_t cold_extrusions = 0; // moves whose filament was prevented
    std::uint64_t underruns = 0;       // planner ran dry while more moves came within a simulated second
    // Real milliseconds, 50 and more, in which the head stood still between moves without being asked to; the
    // first 1,000.
    std::vector<std::uint32_t> still_ms;
    std::uint64_t executed = 0;
    std::uint64_t faults_drop_ok = 0, faults_corrupt = 0, faults_resend_without_ok = 0, faults_unplug = 0;
};

class firmware {
public:
    // Powers the board on: it boots (and writes its boot lines) from `now` on.
    firmware(const firmware_settings& settings, time_point now, executed_sink sink);
    ~firmware();
    firmware(const firmware&) = delete;
    firmware& operator=(const firmware&) = delete;

    // --- the wire ---
    // How many bytes receive() takes now without losing any.
    std::size_t receive_room() const;
    void receive(std::string_view bytes, time_point now);
    // Everything that has arrived at the host until `now`.
    std::string take_output(time_point now);

    // --- time ---
    // Lets everything happen that is due until `now`. Times never go back.
    void advance(time_point now);
    // When advance() has something to do next; empty when only the host can bring something new.
    std::optional<time_point> next_wakeup() const;

    // --- the host's port and the board ---
    // A host opened the port: with reset_on_open the board resets.
    void opened(time_point now);
    void press(panel_button which, time_point now);
    // Reset button: everything queued and every state is lost, the heat is not.
    void reset(time_point now);
    // The cable is out: nothing more is heard or said. Print and heat go on.
    void unplug(time_point now);
    void replug(time_point now);
    // A fault or `unplug_after` pulled the cable.
    bool unplugged() const;

    firmware_status status(time_point now) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace layerline::printer::virtual_printer
