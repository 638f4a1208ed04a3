// The G-code that Klipper is given for what people do by hand, and what may be typed on its console. Pure, so
// that what reaches the printer can be read and tested in one place.
#pragma once

#include "printer/printer_action.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::moonraker {

// Feed rates where the caller names none, in mm/min.
inline constexpr double default_xy_feed = 3000, default_z_feed = 600, default_extrude_feed = 300;

// At most four decimals, a point before them whatever the machine's language.
std::string gcode_number(double value);

// Mode, factors and feed rate are those from before when the script is done; after one that was refused
// half-way, restore_script() brings them back.
std::string move_script(const move_axis& what);
std::string extrude_script(const extrude_filament& what);
std::string restore_script();
std::string fan_script(double share);
std::string speed_script(double factor);
std::string flow_script(double factor);
// `homed`: whether the head can follow at once.
std::string babystep_script(double z_mm, bool homed);
// `object` is Klipper's own name: "neopixel case", "output_pin caselight".
std::string light_script(std::string_view object, bool on);
// A failure for names that cannot stand in a line.
printer_result<std::string> exclude_script(std::string_view name);

// May stand in a G-code line as it is: letters, digits, '_' and '-', at most 64.
bool is_plain_name(std::string_view name);

// The call of a macro with its parameters. A failure for names that are none, and for values with characters
// that Klipper would read as something else: quotes, backslashes, comments, braces, ends of lines and other
// control characters; for bytes that are not ASCII, and for calls over max_gcode_bytes.
printer_result<std::string> macro_script(const run_macro& what);

// What a person typed, as one line. Refused, with what to do instead: what has commands of our own (starts,
// pauses, cancels, temperatures by name, the stop), heat over `limits`, and while a job is under way whatever
// may move, change modes or restart Klipper.
struct heat_limits {
    double tool_c = 0, bed_c = 0, chamber_c = 0;
};
printer_result<std::string> console_script(std::string_view line, bool job_under_way,
                                           const heat_limits& limits);
// Of a line as Klipper reads it.
bool begins_a_print(std::string_view line);
bool begins_with_motion(std::string_view line); // G codes and tools; what macros do is not known
bool homes_z(std::string_view line);

} // namespace layerline::printer::moonraker
