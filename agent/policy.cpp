// The owner's policy: scopes that are never granted, and caps on heat.
#include "agent/policy.hpp"

#include "gcode/line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace layerline::agent {

namespace {

using access::scope;

constexpr std::array all_scopes{scope::view,    scope::control, scope::files,
                                scope::console, scope::ui,      scope::admin};

void lower(std::optional<double>& limit, const std::optional<double>& cap)
{
    if (cap && (!limit || *cap < *limit)) limit = cap;
}

// "heater_bed" of "HEATER=heater_bed" in any case; empty where it does not stand there.
std::string_view named_value(std::string_view text, std::string_view name)
{
    const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
    const auto at = std::search(text.begin(), text.end(), name.begin(), name.end(), same);
    if (at == text.end()) return {};
    const auto value = text.substr(static_cast<std::size_t>(at - text.begin()) + name.size());
    return value.substr(0, value.find(' '));
}

// What a console line heats, in Marlin's words or in Klipper's; the hotter of its values.
std::optional<printer::set_temperature> heat_of(std::string_view text)
{
    const auto line = gcode::parse_line(text);
    if (line.letter == 'M') {
        const int n = line.number;
        const std::string heater = n == 104 || n == 109 || n == 303 ? "tool0"
                                   : n == 140 || n == 190           ? "bed"
                                   : n == 141 || n == 191           ? "chamber"
                                                                    : "";
        if (heater.empty()) return std::nullopt;
        return printer::set_temperature{heater,
                                        std::max(line.value('S').value_or(0), line.value('R').value_or(0))};
    }
    const auto target = named_value(text, "TARGET=");
    if (target.empty()) return std::nullopt;
    double celsius = 0;
    // What is no number heats nothing, or is the printer's to refuse.
    std::from_chars(target.data(), target.data() + target.size(), celsius);
    const auto heater = named_value(text, "HEATER=");
    return printer::set_temperature{heater.find("bed") != std::string_view::npos        ? "bed"
                                    : heater.find("extruder") != std::string_view::npos ? "tool0"
                                                                                        : "chamber",
                                    celsius};
}

} // namespace

std::optional<printer::printer_failure> policy::forbids(const printer::action& what) const
{
    if (const auto* power = std::get_if<printer::set_power>(&what); power && power->on && !power_on)
        return printer::printer_failure{
            printer::printer_errc::forbidden,
            "Switching the power on from afar is off until power_on = true stands in "
            "policy.toml at the printer."};
    if (const auto* line = std::get_if<printer::run_gcode>(&what)) {
        const auto heat = heat_of(line->text);
        return heat ? over_cap(*heat) : std::nullopt;
    }
    const auto* heat = std::get_if<printer::set_temperature>(&what);
    return heat ? over_cap(*heat) : std::nullopt;
}

std::optional<printer::printer_failure> policy::over_cap(const printer::set_temperature& heat) const
{
    const auto& cap = heat.heater.starts_with("tool") ? max_tool_c
                      : heat.heater == "bed"          ? max_bed_c
                                                      : max_chamber_c;
    if (!cap || heat.celsius <= *cap) return std::nullopt;
    return printer::printer_failure{printer::printer_errc::out_of_range,
                                    "The owner's policy at the printer allows at most " +
                                        std::to_string(std::lround(*cap)) + " °C for this heater."};
}

printer::link_capabilities policy::capped(printer::link_capabilities of_printer) const
{
    lower(of_printer.max_tool_c, max_tool_c);
    lower(of_printer.max_bed_c, max_bed_c);
    lower(of_printer.max_chamber_c, max_chamber_c);
    return of_printer;
}

std::variant<policy, std::vector<settings::settings_fault>> parse_policy(std::string_view toml)
{
    policy read;
    settings::settings_reader reader;
    reader.list("forbidden_scopes", [&](const std::vector<std::string>& names) -> std::string {
        std::vector<scope> forbidden;
        for (const auto& name : names) {
            const auto found = std::find_if(all_scopes.begin(), all_scopes.end(),
                                            [&](scope s) { return access::name_of(s) == name; });
            if (found == all_scopes.end())
                return "must be made of \"view\", \"control\", \"files\", \"console\", \"ui\", \"admin\"";
            forbidden.push_back(*found);
        }
        read.allowed = {};
        const auto is_forbidden = [&](scope s) {
            return std::find(forbidden.begin(), forbidden.end(), s) != forbidden.end();
        };
        if (is_forbidden(scope::view)) return {}; // every scope implies view: nothing is left
        for (const auto s : all_scopes)
            if (!is_forbidden(s)) read.allowed.add(s);
        return {};
    });
    reader.number("caps.max_tool_c", read.max_tool_c, 0, 600);
    reader.number("caps.max_bed_c", read.max_bed_c, 0, 300);
    reader.number("caps.max_chamber_c", read.max_chamber_c, 0, 200);
    reader.flag("power_on", read.power_on);
    reader.flag("send_command_writes", read.send_command_writes);
    reader.flag("emergency.break_waits", read.emergency.break_waits);
    reader.flag("emergency.reset_board", read.emergency.reset_board);
    reader.text("emergency.power_device", [&](const std::string& name) -> std::string {
        constexpr std::size_t longest_name = 64;
        read.emergency.power_device = name;
        return name.empty() || name.size() > longest_name ? "must be the name of a power device" : "";
    });
    auto faults = reader.read(toml);
    if (!faults.empty()) return faults;
    return read;
}

} // namespace layerline::agent
