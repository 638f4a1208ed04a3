#include "printer/serial/hand_commands.hpp"

#include "gcode/line.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/motion_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::printer::serial {

namespace {

std::string percent(double factor)
{
    return std::to_string(std::lround(factor * 100));
}

// What brings the modes back after a move in millimetres; G90 and G91 set the extruder's mode as well.
void restore(const gcode::modes& before, std::vector<std::string>& commands)
{
    if (before.feed_mm_min > 0) commands.push_back("G1 F" + gcode_number(before.feed_mm_min));
    if (before.inches) commands.emplace_back("G20");
    commands.emplace_back(before.absolute ? "G90" : "G91");
    commands.emplace_back(before.absolute_e ? "M82" : "M83");
}

printer_failure over(std::string what)
{
    return {printer_errc::out_of_range, std::move(what)};
}

// Commands that are not for a console, with what to do instead.
struct console_row {
    char letter;
    int first, last;
    std::string_view instead;
};
constexpr std::array refused_rows{
    console_row{'M', 0, 1, "it holds the firmware until somebody is at the printer; use pause"},
    console_row{'M', 20, 34, "prints from the printer's own card are not driven by hand"},
    console_row{'M', 110, 110, "the host counts the lines"},
    console_row{'M', 112, 112, "use emergency-stop, which skips every queue"},
    console_row{'M', 113, 113, "the host needs to hear that the printer is busy"},
    console_row{'M', 155, 155, "the host decides what the printer reports"},
    console_row{'M', 524, 524, "use cancel"},
    console_row{'M', 575, 575, "it would cut the connection"},
    console_row{'M', 928, 928, "it would write the lines to the printer's card"},
    console_row{'M', 997, 997, "it would end the connection for a new firmware"},
    console_row{'M', 999, 999, "a stop is ended at the printer, by a person who has looked"},
};

// Of these a job's own lines know nothing: they would go on from a wrong place or in wrong units.
bool upsets_a_job(const gcode::parsed_line& line)
{
    if (line.letter == 'G' || line.letter == 'T') return true;
    constexpr std::array modes{17, 18, 82, 83, 84, 206, 211, 290, 428, 600, 701, 702, 81, 80};
    return line.letter == 'M' && std::find(modes.begin(), modes.end(), line.number) != modes.end();
}

std::optional<printer_failure> too_hot(const gcode::parsed_line& line, const console_terms& terms)
{
    if (line.letter != 'M') return std::nullopt;
    const bool tool = line.number == 104 || line.number == 109 || line.number == 303;
    const bool bed = line.number == 140 || line.number == 190;
    const bool chamber = line.number == 141 || line.number == 191;
    if (!tool && !bed && !chamber) return std::nullopt;
    const double most = tool ? terms.max_tool_c : bed ? terms.max_bed_c : terms.max_chamber_c;
    for (const char letter : {'S', 'R'})
        if (const auto asked = line.value(letter); asked && !(*asked <= most))
            return over("at most " + std::to_string(std::lround(most)) + " C may be asked for from afar");
    return std::nullopt;
}

console_verdict refused(printer_errc code, std::string why)
{
    return {.command = {}, .urgent = false, .why_not = printer_failure{code, std::move(why)}};
}

} // namespace

std::vector<std::string> move_commands(const move_axis& what, const gcode::modes& before)
{
    const char axis = static_cast<char>(what.axis - 'a' + 'A');
    const double feed = what.feed_mm_min.value_or(what.axis == 'z' ? default_z_feed : default_xy_feed);
    std::vector<std::string> commands{
        "G21", "G91", std::string("G1 ") + axis + gcode_number(what.distance_mm) + " F" + gcode_number(feed)};
    restore(before, commands);
    return commands;
}

std::vector<std::string> extrude_commands(const extrude_filament& what, const gcode::modes& before)
{
    std::vector<std::string> commands;
    if (what.tool != before.tool) commands.push_back("T" + std::to_string(what.tool));
    commands.emplace_back("G21");
    commands.emplace_back("M83");
    commands.push_back("G1 E" + gcode_number(what.distance_mm) + " F" +
                       gcode_number(what.feed_mm_min.value_or(default_extrude_feed)));
    restore(before, commands);
    if (what.tool != before.tool) commands.push_back("T" + std::to_string(before.tool));
    return commands;
}

std::string fan_command(double share)
{
    return share <= 0 ? "M107" : "M106 S" + std::to_string(std::lround(share * 255));
}

std::string speed_command(double factor)
{
    return "M220 S" + percent(factor);
}

std::string flow_command(double factor)
{
    return "M221 S" + percent(factor);
}

std::string babystep_command(double z_mm)
{
    return "M290 Z" + gcode_number(z_mm);
}

console_verdict judge_console(std::string_view text, const console_terms& terms)
{
    const auto line = gcode::parse_line(text);
    if (line.code.empty()) return refused(printer_errc::out_of_range, "there is no command in this line");
    for (const auto& row : refused_rows)
        if (line.letter == row.letter && line.number >= row.first && line.number <= row.last)
            return refused(printer_errc::unsupported, std::string(row.instead));
    if (line.letter == 'M' && (line.number == 108 || line.number == 410 || line.number == 876)) {
        std::string urgent(line.code);
        std::transform(urgent.begin(), urgent.end(), urgent.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        if (!frameable(urgent, terms.max_line))
            return refused(printer_errc::out_of_range, "the firmware cannot read this");
        if (line.number == 410 && terms.job_under_way)
            return refused(printer_errc::wrong_state, "it would lose moves of the print; use cancel");
        return {.command = std::move(urgent), .urgent = true};
    }
    if (terms.job_under_way && upsets_a_job(line))
        return refused(printer_errc::wrong_state,
                       "it moves, or changes modes that the print under way relies "
                       "on; pause and use the commands for moving");
    if (auto why = too_hot(line, terms)) return {.command = {}, .urgent = false, .why_not = std::move(why)};
    std::string command(line.code);
    if (!line.takes_text)
        std::transform(command.begin(), command.end(), command.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (!frameable(command, terms.max_line))
        return refused(printer_errc::out_of_range, "the firmware reads plain ASCII of at most " +
                                                       std::to_string(longest_command(terms.max_line)) +
                                                       " characters, without ; and \\");
    return {.command = std::move(command)};
}

void note_modes(std::string_view text, gcode::modes& modes)
{
    const auto line = gcode::parse_line(text);
    if (line.is('G', 90) || line.is('G', 91))
        modes.absolute = modes.absolute_e = line.number == 90;
    else if (line.is('M', 82) || line.is('M', 83))
        modes.absolute_e = line.number == 82;
    else if (line.is('G', 20) || line.is('G', 21))
        modes.inches = line.number == 20;
    else if (line.letter == 'T' && line.number >= 0 && line.number < gcode::max_tools)
        modes.tool = line.number;
    else if (line.letter == 'G' && line.number <= 3)
        if (const auto feed = line.value('F'); feed && *feed > 0)
            modes.feed_mm_min = *feed * (modes.inches ? 25.4 : 1);
}

} // namespace layerline::printer::serial
