// policy.toml: the owner's last word at the printer, over any token and any relay. Read at start, here only.
#pragma once

#include "access/scope.hpp"
#include "printer/printer_action.hpp"
#include "settings/settings_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::agent {

struct policy {
    // What may be granted at all. Console and whole local pages are off until the owner switches them on.
    access::scope_set allowed{access::scope::view, access::scope::control, access::scope::files,
                              access::scope::admin};
    bool power_on = false;             // whether the printer's power may be switched on from afar
    bool send_command_writes = false;  // whether send-command may change something at the printer's host
    printer::emergency_stop emergency; // what may be tried while the printer does not confirm a stop
    std::optional<double> max_tool_c, max_bed_c, max_chamber_c; // for heat asked for from afar

    // What is left of `granted`.
    access::scope_set permitted(access::scope_set granted) const { return granted & allowed; }
    // Why the owner's caps and switches forbid this action; nothing if they do not. A console line is held to
    // the caps as far as its words say what it heats.
    std::optional<printer::printer_failure> forbids(const printer::action& what) const;
    // The same for heat alone.
    std::optional<printer::printer_failure> over_cap(const printer::set_temperature& heat) const;
    // The lower of the printer's own limits and the owner's caps.
    printer::link_capabilities capped(printer::link_capabilities of_printer) const;
};

std::variant<policy, std::vector<settings::settings_fault>> parse_policy(std::string_view toml);

} // namespace layerline::agent
