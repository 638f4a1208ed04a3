// What a bad cable, a hasty adapter and a talkative firmware make of a board's answers, in virtual time:
// seeded faults between a firmware and its host. The host's own lines suffer theirs inside the virtual
// firmware.
#pragma once

#include "printer/virtual/faults.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::tests {

// Chances for each line that the board says, 0 to 1.
struct cable_faults {
    double ok_twice = 0;     // an ok comes twice, at once or a moment later
    double glued = 0;        // its newline is lost
    double split = 0;        // a newline comes in its middle
    double echo = 0;         // somebody else's words come before it
    double busy = 0;         // a busy line comes before it
    double garbage = 0;      // bytes that are no text come in its middle
    double report = 0;       // a report of temperatures comes before it
    double request_lost = 0; // a request to send again is lost; the ok behind it is not
    double damaged = 0;      // a byte of it is lost or changed
    double cut = 0;          // its end comes a moment later

    static cable_faults all(double chance)
    {
        return {chance, chance, chance, chance, chance, chance, chance, chance, chance, chance};
    }
};

class bad_cable {
public:
    bad_cable(const cable_faults& rates, std::uint64_t seed) : rates_(rates), random_(seed) {}

    // The board said these bytes; what arrives at the host now, whole lines but for what is cut.
    std::string carry(std::string_view said);
    // Something waits for the next call of carry().
    bool holds() const { return !held_.empty(); }
    std::uint64_t faults() const { return faults_; }

private:
    bool happens(double rate);
    void carry_line(std::string line, std::string& arrived);

    const cable_faults rates_;
    printer::virtual_printer::chance random_;
    std::string line_; // of the board, not ended yet
    std::string held_; // for the next call
    std::uint64_t faults_ = 0;
};

} // namespace layerline::tests
