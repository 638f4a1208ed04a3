// A print of any length against the virtual firmware in virtual time, over a bad cable both ways: which of
// its lines were lost or doubled, and how long the printer had to wait for its next one.
#pragma once

#include "bad_cable.hpp"
#include "printer/serial/protocol_machine.hpp"
#include "printer/virtual/firmware.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace layerline::tests {

struct long_print_settings {
    std::uint64_t lines = 100'000;
    std::uint64_t seed = 1;
    double chance = 0.01; // of each fault, for each line
    bool advanced_ok = false;
    bool busy = true;
    std::size_t window_lines = 1;
    unsigned baud = 115200;
    bool meatpack = false;
    double wire_damage = 0; // chance that a bit flips, for each piece that the port takes
};

struct long_print_outcome {
    std::uint64_t executed = 0; // the file's lines that the firmware carried out
    std::uint64_t lost = 0;     // those that it never got
    std::uint64_t doubled = 0;  // those that it carried out again
    std::uint64_t strange = 0;  // what it carried out and the file does not hold
    std::uint64_t acknowledged = 0;
    std::string ended; // why the host gave up; empty when it went through
    std::uint64_t faults = 0, resends = 0, probes = 0;
    std::uint64_t bytes = 0, damaged = 0; // to the board; pieces
    std::chrono::nanoseconds took{}, longest_stall{};
    std::array<std::uint64_t, 4> stalls{}; // waits for a line of over 0.25, 0.5, 1 and 2 s
};

long_print_outcome print_long(const long_print_settings& settings);

// The n-th line of such a print, from 0: no two are the same in 50 millions.
std::string long_print_line(std::uint64_t index);
// Which line that is; nothing for other commands.
std::optional<std::uint64_t> long_print_index(std::string_view line);

// What such a line's number and the last one's make of lost and doubled lines.
class arrival_check {
public:
    void carried_out(std::string_view command);
    void count_into(long_print_outcome& outcome, std::uint64_t lines) const;
    std::uint64_t next() const { return next_; }

private:
    std::uint64_t next_ = 0, executed_ = 0, lost_ = 0, doubled_ = 0, strange_ = 0;
};

} // namespace layerline::tests
