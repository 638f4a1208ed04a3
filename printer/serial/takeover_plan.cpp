#include "printer/serial/takeover_plan.hpp"

#include "printer/serial/motion_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerline::printer::serial {
namespace {

using text = std::optional<std::string>; // why not

std::string seconds_text(std::chrono::milliseconds time)
{
    const auto tenths = time.count() / 100;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string celsius(double value)
{
    return std::to_string(static_cast<int>(std::lround(value))) + " C";
}

// --- the print is lost

text reset_board(const takeover_facts& f)
{
    if (f.point) return {};
    return "the printer does not count on from this print's lines: it was reset, or something else talked to "
           "it";
}
text other_printer(const takeover_facts& f)
{
    if (f.same_printer) return {};
    return "another printer than before answers on this port";
}
text being_cancelled(const takeover_facts& f)
{
    if (f.wish != print_wish::cancel) return {};
    return "it was being cancelled";
}
text other_file(const takeover_facts& f)
{
    if (f.file_trouble.empty()) return {};
    return f.file_trouble;
}

// --- a person looks first

text being_held(const takeover_facts& f)
{
    if (f.wish != print_wish::hold) return {};
    return "it was paused or being paused";
}
text reopened(const takeover_facts& f)
{
    if (f.same_port) return {};
    return "the port was not kept open meanwhile";
}
text dies_here(const takeover_facts& f)
{
    if (f.deaths_here < most_deaths_here) return {};
    return "the print host died " + std::to_string(f.deaths_here + 1) + " times at this place of the file";
}
text user_wait(const takeover_facts& f)
{
    if (!f.waits_for_user) return {};
    return "the printer itself waits for a person";
}
text heat(const takeover_facts& f)
{
    for (std::size_t slot = 0; slot < resume_point::most_heaters; ++slot) {
        const heat_point& was = f.point->heaters[slot];
        const std::string name = resume_point::heater_in(slot);
        const auto now = std::find_if(f.heaters.begin(), f.heaters.end(),
                                      [&](const heater_state& heater) { return heater.name == name; });
        const double wanted = was.target_c.value_or(0);
        const bool told = now != f.heaters.end() && now->target_c && now->actual_c;
        if (!told) {
            if (wanted > 0) return "the printer does not tell the temperature of " + name;
            continue;
        }
        if (std::abs(*now->target_c - wanted) > 1)
            return name + " is set to " + celsius(*now->target_c) + " and was set to " + celsius(wanted);
        if (wanted > 0 && was.actual_c && *now->actual_c < std::min(*was.actual_c, wanted) - cooled_by_c)
            return name + " has cooled down to " + celsius(*now->actual_c);
    }
    return {};
}
text further_tools(const takeover_facts& f)
{
    for (const auto& heater : f.heaters)
        if (!resume_point::slot_of(heater.name) && heater.target_c.value_or(0) > 0)
            return heater.name + " is heated, which is not kept in the journal";
    return {};
}
text place(const takeover_facts& f)
{
    if (f.point->at == print_step::beginning) return {};
    const std::array told{f.at.x_mm, f.at.y_mm, f.at.z_mm};
    for (std::size_t axis = 0; axis < told.size(); ++axis) {
        if ((f.point->placed & (1U << axis)) == 0 || !f.point->axes[axis]) continue;
        const auto spot = [&](double mm) { return static_cast<char>('X' + axis) + gcode_number(mm); };
        if (!f.position_told || !told[axis]) return "the printer does not tell where the head is";
        if (std::abs(*told[axis] - *f.point->axes[axis]) > moved_by_mm)
            return "the head is at " + spot(*told[axis]) + " and was left at " + spot(*f.point->axes[axis]);
    }
    return {};
}
text too_late(const takeover_facts& f)
{
    if (f.still <= longest_still) return {};
    return "the head may have stood still for " + seconds_text(f.still);
}

struct rule {
    takeover otherwise;
    text (*why_not)(const takeover_facts&);
};
// The first that does not hold decides.
constexpr std::array rules{
    rule{takeover::give_up, reset_board},
    rule{takeover::give_up, other_printer},
    rule{takeover::give_up, being_cancelled},
    rule{takeover::give_up, other_file},
    rule{takeover::ask, being_held},
    rule{takeover::ask, reopened},
    rule{takeover::ask, dies_here},
    rule{takeover::ask, user_wait},
    rule{takeover::ask, heat},
    rule{takeover::ask, further_tools},
    rule{takeover::ask, place},
    rule{takeover::ask, too_late},
};

} // namespace

takeover_verdict judge_takeover(const takeover_facts& facts)
{
    for (const auto& [otherwise, why_not] : rules)
        if (auto why = why_not(facts)) return {otherwise, *std::move(why)};
    return {takeover::go_on, {}};
}

std::string place_text(std::uint64_t line, std::optional<int> layer, std::optional<double> z_mm)
{
    if (line == 0) return {};
    std::string place = "line " + std::to_string(line) + " of the file";
    if (layer) place += ", layer " + std::to_string(*layer);
    if (z_mm) place += ", " + gcode_number(*z_mm) + " mm high";
    return place;
}

} // namespace layerline::printer::serial
