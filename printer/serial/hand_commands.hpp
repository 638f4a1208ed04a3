// The G-code of what people do by hand, and what a console line may be. Pure builders and judges, so that
// what reaches the wire can be read and tested in one place.
#pragma once

#include "gcode/modal_state.hpp"
#include "printer/printer_action.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::serial {

// Feed rates where the caller names none, in mm/min.
inline constexpr double default_xy_feed = 3000, default_z_feed = 600, default_extrude_feed = 300;

// A relative move of one axis; afterwards units, positioning and feed rate are those of `before`.
std::vector<std::string> move_commands(const move_axis& what, const gcode::modes& before);
// The same for filament; the tool in use is `before.tool` again afterwards.
std::vector<std::string> extrude_commands(const extrude_filament& what, const gcode::modes& before);
std::string fan_command(double share);
std::string speed_command(double factor); // M220
std::string flow_command(double factor);  // M221
std::string babystep_command(double z_mm);

struct console_terms {
    bool job_under_way = false;
    double max_tool_c = 0, max_bed_c = 0, max_chamber_c = 0; // for heat asked for from afar
    std::size_t max_line = 96;                               // that the firmware's command buffer holds
};
struct console_verdict {
    std::string command; // what is sent: without comment, upper case where it is not free text
    bool urgent = false; // ahead of all others, unnumbered
    std::optional<printer_failure> why_not = {};
};
// What becomes of a line that a person typed. Refused, with what to do instead: what counts lines, writes the
// printer's card, blocks the firmware for a person or changes the connection, heat over the limits, and while
// a job is under way whatever moves or changes the modes that its lines rely on.
console_verdict judge_console(std::string_view line, const console_terms& terms);

// The modes after a line that was sent by hand.
void note_modes(std::string_view line, gcode::modes& modes);

} // namespace layerline::printer::serial
