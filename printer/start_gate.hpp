// The one gate that every start goes through, whoever asks and whatever drives the printer: the bed was
// cleared by a person after whatever could have put something there, and not too many starts an hour. Pure.
#pragma once

#include "printer/printer_error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer {

// What takes a clear bed away.
enum class bed_event : std::uint8_t {
    printed,         // a print began, from any source
    moved,           // head or filament was moved by hand, through us
    moved_elsewhere, // ... at the printer's own display, or by another program
    power_lost,      // the printer was switched off, reset or unplugged, as far as can be seen
    host_restarted,  // this machine began anew: the power of both may have gone
    stopped,         // an emergency stop, or the firmware stopped itself
    unreadable,      // what was kept of the bed cannot be read
};
// Stable names, as kept on disk: "printed", "moved" …; none for anything else.
std::string_view name_of(bed_event what);
std::optional<bed_event> find_bed_event(std::string_view name);

// What is kept on disk of the bed.
struct bed_record {
    bool clear = true; // a fresh installation has printed nothing yet
    std::optional<bed_event> since = {};
    // The starts of the last hour, on the steady clock; they mean nothing after a restart of the machine.
    std::vector<std::chrono::milliseconds> starts = {};
    bool operator==(const bed_record&) const = default;
};

class start_gate {
public:
    using time_point = std::chrono::steady_clock::time_point;
    // `starts_an_hour` 0: any number.
    start_gate(int starts_an_hour, bed_record kept);

    bool clear() const { return bed_.clear; }
    const bed_record& record() const { return bed_; }

    // Why no print may begin now; nothing if one may. `said_clear`: whoever asks has seen that the bed is
    // clear.
    std::optional<printer_failure> judge(bool said_clear, time_point now);
    // A start was let through: it is counted, and the bed is not clear from now on.
    void begun(time_point now);
    // Nothing was printed after all: the bed is as clear as it was found to be, and the start is not counted,
    // unless something happened to the bed meanwhile.
    void not_begun();
    // A person said so.
    void cleared();
    // False when the bed was not clear anyway.
    bool take_away(bed_event what);
    // Z may be homed, or the bed be measured: the failure if a part may stand there.
    std::optional<printer_failure> over_bed(std::string_view what) const;

private:
    void lie(bool clear, std::optional<bed_event> since);
    std::string since_when() const;

    int starts_an_hour_;
    bed_record bed_;
    bool begun_by_us_ = false;
};

} // namespace layerline::printer
