// The families' words.
#include "printer/virtual/dialect.hpp"

#include "printer/virtual/firmware_impl.hpp"

namespace layerline::printer::virtual_printer {

namespace {

bool is(const firmware_settings& of, firmware_family wanted)
{
    return of.family == wanted;
}

std::string pair(const char* name, const heat_figures& of, int decimals)
{
    return std::string(name) + ":" + fixed(of.reading, decimals) + " /" + fixed(of.target, decimals);
}

} // namespace

std::string ok_text(const firmware_settings& of, std::optional<std::int64_t> number, std::size_t blocks,
                    std::size_t slots)
{
    if (is(of, firmware_family::repetier)) return number ? "ok " + std::to_string(*number) : "ok";
    if (!of.advanced_ok) return "ok";
    std::string ok = "ok";
    if (number) ok += " N" + std::to_string(*number);
    return ok + " P" + std::to_string(blocks) + " B" + std::to_string(slots);
}

std::string heat_text(const firmware_settings& of, const all_heat& heat)
{
    const auto& tool = heat.tool;
    const auto& bed = heat.bed;
    if (is(of, firmware_family::prusa))
        return " " + pair("T", tool, 1) + " " + pair("B", bed, 1) + " " + pair("T0", tool, 1) +
               " @:" + std::to_string(tool.power) + " B@:" + std::to_string(bed.power) +
               " P:0.0 A:" + fixed(heat.ambient, 1);
    if (is(of, firmware_family::repetier))
        return pair("T", tool, 2) + " " + pair("B", bed, 2) + " B@:" + std::to_string(2 * bed.power) +
               " @:" + std::to_string(2 * tool.power);
    std::string line = " " + pair("T", tool, 2) + " " + pair("B", bed, 2);
    if (heat.chamber) line += " " + pair("C", *heat.chamber, 2);
    line += " @:" + std::to_string(tool.power) + " B@:" + std::to_string(bed.power);
    if (heat.chamber) line += " C@:" + std::to_string(heat.chamber->power);
    return line;
}

std::string heat_wait_text(const firmware_settings& of, const all_heat& heat, const std::string& left)
{
    if (is(of, firmware_family::prusa))
        return "T:" + fixed(heat.tool.reading, 1) + " E:0 B:" + fixed(heat.bed.reading, 1);
    if (is(of, firmware_family::repetier)) return heat_text(of, heat);
    return heat_text(of, heat) + " W:" + left;
}

std::string target_text(const firmware_settings& of, bool tool, double celsius)
{
    if (!is(of, firmware_family::repetier)) return {};
    return (tool ? "TargetExtr0:" : "TargetBed:") + fixed(celsius, 0);
}

std::string damage_text(const firmware_settings& of, std::string_view marlin, std::int64_t last,
                        std::optional<std::int64_t> got)
{
    if (!is(of, firmware_family::repetier)) return "Error:" + std::string(marlin) + std::to_string(last);
    if (marlin.starts_with("Line Number"))
        return "Error:expected line " + std::to_string(last + 1) + " got " + std::to_string(got.value_or(0));
    return marlin.starts_with("No Checksum") ? "Error:Missing checksum" : "Error:Wrong checksum";
}

std::string resend_text(const firmware_settings& of, std::int64_t next)
{
    return (is(of, firmware_family::repetier) ? "Resend:" : "Resend: ") + std::to_string(next);
}

std::vector<std::string> repeat_texts(const firmware_settings& of, std::int64_t number)
{
    if (!is(of, firmware_family::repetier)) return {};
    return {"skip " + std::to_string(number), "ok"};
}

std::string unknown_text(const firmware_settings& of, std::string_view command)
{
    if (is(of, firmware_family::repetier)) return "Unknown command:" + std::string(command);
    return "echo:Unknown command: \"" + std::string(command) + "\"";
}

std::string busy_text(const firmware_settings& of, bool for_user)
{
    const std::string what = for_user ? "paused for user" : "processing";
    return is(of, firmware_family::repetier) ? "busy:" + what : "echo:busy: " + what;
}

std::string halt_text(const firmware_settings& of, const std::string& reason)
{
    if (is(of, firmware_family::repetier))
        return "fatal:" + reason +
               " Printer stopped and heaters disabled. Fix the error and restart with M999.";
    return "Error:Printer halted. kill() called!";
}

std::vector<std::string> boot_texts(const firmware_settings& of)
{
    if (is(of, firmware_family::prusa))
        return {"start", "echo: 3.13.0-6876", "echo: Last Updated: Nov 22 2026 | Author: (virtual printer)",
                "echo: Free Memory: 1846  PlannerBufferBytes: 1760",
                "echo:Hardcoded Default Settings Loaded"};
    if (is(of, firmware_family::repetier))
        return {"start", "Info:PowerUp", "Free RAM:70000", "Info:SD card ok"};
    return {"start",
            "PowerUp",
            "Marlin bugfix-2.1.x",
            "echo: Last Updated: 2024-01-06 | Author: (virtual printer)",
            "echo: Free Memory: 4096  PlannerBufferBytes: 1536",
            "echo:Hardcoded Default Settings Loaded",
            "//action:prompt_end"};
}

std::string name_text(const firmware_settings& of)
{
    if (is(of, firmware_family::prusa))
        return "FIRMWARE_NAME:Prusa-Firmware 3.13.0 based on Marlin "
               "FIRMWARE_URL:https://github.com/prusa3d/Prusa-Firmware PROTOCOL_VERSION:1.0 MACHINE_TYPE:" +
               of.machine + " EXTRUDER_COUNT:1 UUID:" + of.uuid;
    if (is(of, firmware_family::repetier))
        return "FIRMWARE_NAME:Repetier_1.0.4 COMPILED:Nov 22 2026 "
               "FIRMWARE_URL:https://github.com/repetier/Repetier-Firmware/ PROTOCOL_VERSION:1.0 "
               "MACHINE_TYPE:" +
               of.machine + " EXTRUDER_COUNT:1 REPETIER_PROTOCOL:3";
    return "FIRMWARE_NAME:Marlin bugfix-2.1.x (Jan  6 2024 12:00:00) "
           "SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
           "PROTOCOL_VERSION:1.0 MACHINE_TYPE:" +
           of.machine + " EXTRUDER_COUNT:1 UUID:" + of.uuid;
}

} // namespace layerline::printer::virtual_printer
