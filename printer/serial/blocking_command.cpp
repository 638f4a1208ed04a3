// Commands that keep the firmware occupied.
#include "printer/serial/blocking_command.hpp"

#include "printer/serial/field_scanner.hpp"

#include <algorithm>
#include <array>

namespace layerline::printer::serial {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct row {
    std::string_view word;
    milliseconds time;
};
constexpr std::array table{
    // homing, probing, tramming, calibration
    row{"G28", 5min}, row{"G29", 20min}, row{"G30", 3min}, row{"G32", 20min}, row{"G33", 30min},
    row{"G34", 20min}, row{"G76", 60min}, row{"G425", 20min}, row{"M48", 20min}, row{"M303", 60min},
    // heat, and motion to its end
    row{"M109", 30min}, row{"M190", 60min}, row{"M191", 120min}, row{"M116", 60min}, row{"M400", 10min},
    // filament and whatever waits for a person
    row{"M600", 24h}, row{"M701", 24h}, row{"M702", 24h}, row{"M226", 24h}, row{"M0", 24h}, row{"M1", 24h},
    row{"M125", 24h}, row{"M25", 24h}, row{"M24", 5min},
    // cards and stored settings
    row{"M20", 2min}, row{"M21", 1min}, row{"M28", 1min}, row{"M500", 30s}, row{"M997", 10min}};

// G4's own time, P in milliseconds or S in seconds, with room for the moves before it.
milliseconds dwell_time(std::string_view rest)
{
    double ms = 0;
    for (skip_spaces(rest); !rest.empty(); skip_spaces(rest)) {
        const char key = rest.front();
        auto value_text = rest.substr(1);
        if (const auto value = take_number(value_text); value && *value > 0) {
            if (key == 'P') ms = *value;
            if (key == 'S') ms = *value * 1000;
        }
        skip_word(rest);
    }
    return milliseconds(static_cast<std::int64_t>(std::min(ms, 24.0 * 3600 * 1000))) + 60s;
}

} // namespace

std::optional<milliseconds> blocking_time(std::string_view command)
{
    std::size_t length = 1;
    while (length < command.size() && command[length] >= '0' && command[length] <= '9')
        ++length;
    const auto word = command.substr(0, length);
    if (word == "G4") return dwell_time(command.substr(length));
    if (word.size() > 1 && word.front() == 'T') return milliseconds(3min); // a tool changer at work
    for (const auto& one : table)
        if (one.word == word) return one.time;
    return std::nullopt;
}

} // namespace layerline::printer::serial
