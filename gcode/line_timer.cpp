#include "gcode/line_timer.hpp"

namespace layerline::gcode {

namespace {

constexpr double longest_m73_minutes = 1e6;

} // namespace

timed_line line_timer::take(const parsed_line& line)
{
    timed_line told;
    told.moved = state_.apply(line);
    if (told.moved) {
        seconds_ += timer_.add(*told.moved);
    } else if (line.letter == 'G' && (line.number == 28 || line.number == 29)) {
        told.homes = true;
        timer_.stood_still();
    }
    seconds_ += dwell_seconds(line);
    if (line.is('M', 73))
        if (const auto left = line.value('R'); left && *left >= 0 && *left < longest_m73_minutes)
            slicer_left_s_ = *left * 60;
    return told;
}

} // namespace layerline::gcode
