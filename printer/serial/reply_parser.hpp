// What one line from Marlin-family firmware means. Pure; takes any bytes. Texts are parts of the line that
// was parsed: whoever keeps them longer copies them.
#pragma once

#include "printer/printer_state.hpp"
#include "printer/serial/temperature_report.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace layerline::printer::serial::reply {

struct ack {
    int count = 1;                                 // more when their newlines were lost ("okok")
    std::optional<std::uint64_t> line;             // ADVANCED_OK: which line this is for
    std::optional<std::uint64_t> bare_number = {}; // "ok 137": the line, in some families
    std::optional<int> buffer_free; // ADVANCED_OK: free command slots, the acknowledged one still counted
    temperature_report temperature; // may be empty
    std::optional<head_position> position;
};
struct resend {
    std::uint64_t line = 0;
};
struct boot { // "start", or a firmware's name where no name was asked for
    bool start = false;
};
struct wait {}; // idle, its queue is empty
struct busy {
    bool for_user = false;
};
struct temperature {
    temperature_report report;
    bool acknowledges = false; // an "ok" was glued to the end
};
struct position {
    head_position at;
    bool acknowledges = false;
};
struct firmware {
    std::string_view name, machine, uuid;
};
struct capability {
    std::string_view name;
    bool on = false;
};
// The last line of M115 where the firmware tells its geometry (Marlin, M115_GEOMETRY_REPORT).
struct geometry {
    travel_area full;
};
struct action {
    std::string_view text;
};
struct line_error { // of the wire: a resend follows, mostly
    std::string_view text;
    std::optional<std::uint64_t> last_line; // the last that it accepted
};
struct halt { // the firmware stops, or has stopped
    std::string_view text;
    bool final = false; // nothing more will be said
};
struct unknown_command {
    std::string_view text;
};
struct text {
    std::string_view line;
};

using any = std::variant<ack, resend, boot, wait, busy, temperature, position, firmware, capability, geometry,
                         action, line_error, halt, unknown_command, text>;

// `line` comes without its newline. Noise before the first printable byte is skipped.
any parse(std::string_view line);

// Where an acknowledgement begins that lost the newline before it: behind another one, a report of
// temperatures or a busy line, with words of its own ("ok N12 P15 B3ok T:20.1 ..."). 0 where there is none;
// parse() understands an "ok" without words at the end of a report.
std::size_t glued_ok(std::string_view line);

} // namespace layerline::printer::serial::reply
