// Heaters: targets, waits, reports, protection.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

bool firmware::impl::heat_active() const
{
    return tool.target() > 0 || bed.target() > 0 || (chamber && chamber->target() > 0) || heat_waiting ||
           (tool.shorted() && !tally.killed);
}

// Brings temperatures up to `now`. Rarely called while nothing heats: the cooling is solved exactly.
void firmware::impl::heat_to(time_point now)
{
    const double seconds = std::chrono::duration<double>(now - heat_at).count() * settings.speed;
    if (seconds <= 0) return;
    heat_at = now;
    const double since_power_on = std::chrono::duration<double>(now - power_on).count() * settings.speed;
    if (settings.stuck_thermistor && since_power_on >= *settings.stuck_thermistor) tool.stick_sensor();
    tool.step(seconds);
    bed.step(seconds);
    if (chamber) chamber->step(seconds);
    if (heat_waiting && !heat_wait_over && heat_waiting->step(*heat_waiting_for, seconds))
        heat_wait_over = true;
}

bool firmware::impl::check_heat()
{
    if (tally.killed) return false;
    for (heater* each : {&tool, &bed, chamber ? &*chamber : nullptr}) {
        if (!each || !each->trouble()) continue;
        const auto trouble = *each->trouble();
        each->clear_trouble();
        // Over-temperature is always watched; the other two can be built without.
        if (!settings.thermal_protection && trouble != "MAXTEMP triggered") continue;
        say("Error:" + trouble + ", system stopped! Heater_ID: " + each->design().id);
        halt(trouble == "Heating failed" ? "Heating Failed" : trouble);
        return true;
    }
    return false;
}

void firmware::impl::heaters_off()
{
    heat_to(clock);
    tool.set_target(0);
    bed.set_target(0);
    if (chamber) chamber->set_target(0);
    heat_waiting.reset();
    heat_wait_over = false;
    next_wait_report.reset();
}

all_heat firmware::impl::heat_now() const
{
    const auto of = [](const heater& one) { return heat_figures{one.reading(), one.target(), one.power()}; };
    all_heat all{of(tool), of(bed), {}, settings.ambient};
    if (chamber) all.chamber = of(*chamber);
    return all;
}

std::string firmware::impl::heat_line() const
{
    return heat_text(settings, heat_now());
}

void firmware::impl::say_target(bool for_tool)
{
    const auto text = target_text(settings, for_tool, for_tool ? tool.target() : bed.target());
    if (!text.empty()) say(text);
}

void firmware::impl::begin_heat_wait(heater& which, const command& read)
{
    const bool also_cooling = !read.seen('S') && read.seen('R');
    if (auto target = read.value(also_cooling ? 'R' : 'S'))
        which.set_target(*target);
    else
        return;
    heat_waiting.emplace(also_cooling);
    heat_waiting_for = &which;
    heat_wait_over = heat_waiting->step(which, 0);
    next_wait_report = clock + std::chrono::seconds(1);
    step = [this] {
        if (!heat_wait_over) return false;
        settle_motors();
        heat_waiting.reset();
        heat_wait_over = false;
        next_wait_report.reset();
        return true;
    };
}

bool firmware::impl::begin_heat(const command& read)
{
    if (read.letter() != 'M') return false;
    heat_to(clock);
    const bool for_tool = read.code() == 104 || read.code() == 109;
    if (for_tool && read.value('T').value_or(0) != 0) {
        say("echo:M" + std::to_string(read.code()) + " Invalid extruder " + fixed(*read.value('T'), 0));
        return true;
    }
    switch (read.code()) {
    case 104:
        if (auto target = read.value('S')) tool.set_target(*target);
        say_target(true);
        return true;
    case 109:
        begin_heat_wait(tool, read);
        return true;
    case 140:
        if (auto target = read.value('S')) bed.set_target(*target);
        say_target(false);
        return true;
    case 190:
        begin_heat_wait(bed, read);
        return true;
    case 141:
        if (!chamber) return false;
        if (auto target = read.value('S')) chamber->set_target(*target);
        return true;
    case 191:
        if (!chamber) return false;
        begin_heat_wait(*chamber, read);
        return true;
    case 105:
        if (settings.family == firmware_family::repetier) {
            after_ok = heat_line();
            return true;
        }
        answered = true;
        if (!queue.front().drop_ok && !queue.front().of_card) say("ok" + heat_line());
        return true;
    case 155:
        if (!settings.auto_report) return false;
        modes.report_heat = static_cast<int>(std::clamp(read.value('S').value_or(0), 0.0, 60.0));
        if (modes.report_heat > 0)
            next_heat_report = clock + std::chrono::seconds(modes.report_heat);
        else
            next_heat_report.reset();
        return true;
    default:
        return false;
    }
}

} // namespace layerline::printer::virtual_printer
