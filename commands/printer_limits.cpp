#include "commands/printer_limits.hpp"

#include "commands/code_reach.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr double microns = 1000; // in a millimetre

// What it was, if that was more.
std::optional<double> lower(json& section, const char* name, double most)
{
    const auto found = section.find(name);
    if (found == section.end() || !found->is_number() || found->get<double>() <= most) return std::nullopt;
    const auto was = found->get<double>();
    *found = static_cast<std::int64_t>(std::floor(most));
    return was;
}

std::string rounded(double value)
{
    return std::to_string(std::lround(value));
}

// To a tenth.
std::string in_mm(double value)
{
    const long tenths = std::lround(value * 10);
    if (tenths % 10 == 0) return std::to_string(tenths / 10);
    return (tenths < 0 ? "-" : "") + std::to_string(std::abs(tenths) / 10) + "." +
           std::to_string(std::abs(tenths) % 10);
}

void cool(json& section, const char* what, std::optional<double> most, std::vector<std::string>& notes)
{
    if (!most || !section.is_object()) return;
    std::optional<double> was;
    for (const char* name : {"temperature", "firstLayersTemperature"})
        if (const auto before = lower(section, name, *most); before && !was) was = before;
    if (was)
        notes.push_back(std::string("The ") + what + " is set to " + rounded(std::floor(*most)) +
                        " °C instead of " + rounded(*was) + ": the printer's limit.");
}

void shorten(json& bed, const printer::travel_area& travel, std::vector<std::string>& notes)
{
    const std::array sides{std::tuple("xLength", "X", travel.x_max), std::tuple("yLength", "Y", travel.y_max),
                           std::tuple("zLength", "Z", travel.z_max)};
    for (const auto& [name, axis, most] : sides)
        if (most >= 1) // mm; else it is no bed that begins at the origin
            if (const auto was = lower(bed, name, most * microns))
                notes.push_back(std::string("The bed is taken to end at ") + rounded(std::floor(most)) +
                                " mm in " + axis + " instead of " + rounded(*was / microns) +
                                ": the printer goes no farther.");
}

// The owner's own lines, or the profile's: to present the print, say.
void keep_code_within(json& section, const std::string& called, const printer::travel_area& travel,
                      std::vector<std::string>& notes)
{
    if (!section.is_object()) return;
    for (auto& [name, code] : section.items()) {
        const auto is_line = [](const json& one) { return one.is_string(); };
        if (!code.is_array() || !std::all_of(code.begin(), code.end(), is_line)) continue;
        auto lines = code.get<std::vector<std::string>>();
        for (const auto& move : keep_within_reach(lines, travel)) {
            std::string told = called;
            told.append(".")
                .append(name)
                .append(" goes to ")
                .append(1, move.axis)
                .append(" ")
                .append(in_mm(move.is));
            told.append(" instead of ").append(in_mm(move.was)).append(": the printer goes no farther.");
            notes.push_back(std::move(told));
        }
        code = std::move(lines);
    }
}

} // namespace

std::vector<std::string> keep_within(json& data, const printer::link_capabilities& can)
{
    std::vector<std::string> notes;
    if (data.contains("bed") && data["bed"].is_object()) {
        cool(data["bed"], "bed", can.max_bed_c, notes);
        if (can.travel) shorten(data["bed"], *can.travel, notes);
    }
    for (const char* name : {"gcode", "multiExtrusion"})
        if (can.travel && data.contains(name)) keep_code_within(data[name], name, *can.travel, notes);
    if (data.contains("extruders") && data["extruders"].is_array())
        for (auto& extruder : data["extruders"])
            cool(extruder, "nozzle", can.max_tool_c, notes);
    return notes;
}

} // namespace layerline::commands
