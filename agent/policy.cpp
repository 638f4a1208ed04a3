// The owner's policy: scopes that are never granted, and caps on heat.
#include "agent/policy.hpp"

#include <algorithm>
#include <array>
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

} // namespace

std::optional<printer::printer_failure> policy::forbids(const printer::action& what) const
{
    const auto* heat = std::get_if<printer::set_temperature>(&what);
    if (heat == nullptr) return std::nullopt;
    const auto& cap = heat->heater.starts_with("tool") ? max_tool_c
                      : heat->heater == "bed"          ? max_bed_c
                                                       : max_chamber_c;
    if (!cap || heat->celsius <= *cap) return std::nullopt;
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

std::variant<policy, std::vector<settings_fault>> parse_policy(std::string_view toml)
{
    policy read;
    settings_reader reader;
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
    auto faults = reader.read(toml);
    if (!faults.empty()) return faults;
    return read;
}

} // namespace layerline::agent
