#include "printer/serial/motion_plan.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace layerline::printer::serial {
namespace {

plan_step send(std::string text)
{
    return {.what = plan_step::kind::send, .text = std::move(text)};
}

// How far up the head may go; 0 when that is not known.
double lift_of(const park_settings& settings, const head_knowledge& head)
{
    if (!head.at.z_mm) return 0;
    const bool z_homed = head.homed.find('z') != std::string::npos;
    if (settings.area && z_homed && settings.area->z_max > 0)
        return std::clamp(settings.area->z_max - *head.at.z_mm, 0.0, settings.lift_mm);
    return settings.lift_mm;
}

bool homed_all(const std::string& homed)
{
    return std::all_of(std::begin("xyz"), std::end("xyz") - 1,
                       [&](char axis) { return homed.find(axis) != std::string::npos; });
}

} // namespace

std::string gcode_number(double value)
{
    char text[48];
    std::snprintf(text, sizeof text, "%.3f", value);
    std::string made(text);
    while (made.back() == '0')
        made.pop_back();
    if (made.back() == '.') made.pop_back();
    return made == "-0" ? "0" : made;
}

plan plan_begin(const park_settings& settings)
{
    // Steppers stay on for as long as the job does, and the file starts from modes that are known.
    plan steps{send("G21"), send("G90"), send("M82")};
    if (settings.motors_by_time) steps.push_front(send("M84 S0"));
    return steps;
}

plan plan_standstill()
{
    return {send("M400"), {.what = plan_step::kind::drain}, {.what = plan_step::kind::position}};
}

plan plan_park(const park_settings& settings, const head_knowledge& head, bool park, paused_head& into)
{
    plan steps;
    const double lift = lift_of(settings, head);
    into.at = head.at;
    if (!park || lift <= 0) return steps;
    steps.push_back(send("G21"));
    steps.push_back(send("G91"));
    if (head.hot && head.at.e_mm && settings.retract_mm > 0) {
        steps.push_back(send("M83"));
        steps.push_back(send("G1 E-" + gcode_number(settings.retract_mm) + " F" +
                             gcode_number(settings.filament_mm_min)));
        into.retracted = true;
    }
    steps.push_back(send("G1 Z" + gcode_number(lift) + " F" + gcode_number(settings.lift_mm_min)));
    into.lifted = true;
    steps.push_back(send("G90"));
    const bool known = head.at.x_mm && head.at.y_mm && homed_all(head.homed);
    if (settings.park && settings.area && settings.area->holds(*settings.park) && known && head.may_cross) {
        steps.push_back(send("G1 X" + gcode_number(settings.park->x_mm) + " Y" +
                             gcode_number(settings.park->y_mm) + " F" +
                             gcode_number(settings.travel_mm_min)));
        into.parked = true;
    }
    steps.push_back(send("M400"));
    steps.push_back({.what = plan_step::kind::drain});
    return steps;
}

plan plan_resume(const park_settings& settings, const paused_head& saved)
{
    plan steps;
    for (const auto& heater : saved.targets)
        steps.push_back(send(set_target_command(heater.name, heater.target_c.value_or(0))));
    for (const auto& heater : saved.targets) {
        plan_step step{.what = plan_step::kind::heat};
        step.wait.celsius = heater.target_c;
        if (heater.name.starts_with("tool"))
            std::from_chars(heater.name.data() + 4, heater.name.data() + heater.name.size(), step.wait.tool);
        else
            step.wait.heater = heater.name == "bed" ? heater_kind::bed : heater_kind::chamber;
        steps.push_back(step);
    }
    steps.push_back(send("G21"));
    if (saved.retracted) {
        steps.push_back(send("M83"));
        steps.push_back(
            send("G1 E" + gcode_number(settings.retract_mm) + " F" + gcode_number(settings.filament_mm_min)));
    }
    steps.push_back(send("G90"));
    // Moved by hand: the way back is not through the part.
    if (saved.jogged && saved.at.z_mm)
        steps.push_back(send("G1 Z" + gcode_number(*saved.at.z_mm + settings.lift_mm) + " F" +
                             gcode_number(settings.lift_mm_min)));
    if (saved.parked)
        steps.push_back(send("G1 X" + gcode_number(*saved.at.x_mm) + " Y" + gcode_number(*saved.at.y_mm) +
                             " F" + gcode_number(settings.travel_mm_min)));
    if (saved.lifted)
        steps.push_back(
            send("G1 Z" + gcode_number(*saved.at.z_mm) + " F" + gcode_number(settings.lift_mm_min)));
    if (saved.at.e_mm) steps.push_back(send("G92 E" + gcode_number(*saved.at.e_mm)));
    if (saved.modes.feed_mm_min > 0) steps.push_back(send("G1 F" + gcode_number(saved.modes.feed_mm_min)));
    if (saved.modes.inches) steps.push_back(send("G20"));
    steps.push_back(send(saved.modes.absolute ? "G90" : "G91"));
    steps.push_back(send(saved.modes.absolute_e ? "M82" : "M83")); // after G90, which sets E's mode too
    steps.push_back({.what = plan_step::kind::drain});
    return steps;
}

plan plan_cancel(const park_settings& settings, const head_knowledge& head,
                 const std::vector<heater_state>& heaters, bool lift)
{
    plan steps;
    for (auto& command : heaters_off(heaters, true, true))
        steps.push_back(send(std::move(command)));
    steps.push_back(send("M107"));
    // The part may stand anywhere: the head goes straight up and nowhere else.
    const double height = lift ? lift_of(settings, head) : 0;
    if (height > 0) {
        steps.push_back(send("G21"));
        steps.push_back(send("G91"));
        steps.push_back(send("G1 Z" + gcode_number(height) + " F" + gcode_number(settings.lift_mm_min)));
        steps.push_back(send("G90"));
    }
    if (settings.motors_by_time) steps.push_back(send("M84 S" + std::to_string(settings.steppers_idle_s)));
    steps.push_back(send("M400"));
    steps.push_back({.what = plan_step::kind::drain});
    return steps;
}

plan plan_finish(const park_settings& settings)
{
    plan steps{send("M400"), {.what = plan_step::kind::drain}};
    if (settings.motors_by_time)
        steps.insert(steps.begin() + 1, send("M84 S" + std::to_string(settings.steppers_idle_s)));
    return steps;
}

std::string set_target_command(const std::string& heater, double celsius)
{
    if (heater == "bed") return "M140 S" + gcode_number(celsius);
    if (heater == "chamber") return "M141 S" + gcode_number(celsius);
    if (!heater.starts_with("tool") || heater.size() < 5 || heater.size() > 6) return {};
    const std::string_view tool = std::string_view(heater).substr(4);
    if (!std::all_of(tool.begin(), tool.end(), [](char c) { return c >= '0' && c <= '9'; })) return {};
    return "M104 T" + std::string(tool) + " S" + gcode_number(celsius);
}

std::vector<std::string> heaters_off(const std::vector<heater_state>& heaters, bool tools, bool others)
{
    std::vector<std::string> commands;
    // The two that every printer has go off even when none was ever reported.
    if (tools) commands.emplace_back("M104 S0");
    if (others) commands.emplace_back("M140 S0");
    const auto count = std::count_if(heaters.begin(), heaters.end(), [](const heater_state& heater) {
        return heater.name.starts_with("tool");
    });
    for (const auto& heater : heaters) { // "M104 S0" meant the tool in use only
        const bool tool = heater.name.starts_with("tool");
        if ((tool && tools && count > 1) || (heater.name == "chamber" && others))
            commands.push_back(set_target_command(heater.name, 0));
    }
    return commands;
}

} // namespace layerline::printer::serial
