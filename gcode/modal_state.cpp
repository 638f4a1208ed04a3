#include "gcode/modal_state.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace layerline::gcode {
namespace {

constexpr std::array axis_letters{'X', 'Y', 'Z'};
constexpr double sane_mm = 1e6; // no machine moves a kilometre: such words are damage

// The value of the first word of each letter that a move may have, or null: found in one go, since files are
// moves for the most part, and pointed to, since copies of optionals wait for the memory they were just
// written to.
struct move_words {
    std::array<const double*, 3> axes{};
    const double* filament = nullptr;
    const double* feed = nullptr;

    explicit move_words(const parsed_line& line)
    {
        for (std::size_t at = line.word_count; at-- > 0;) {
            const auto& one = line.words[at];
            const double* const value = one.value ? &*one.value : nullptr;
            if (one.letter >= 'X' && one.letter <= 'Z')
                axes[static_cast<std::size_t>(one.letter - 'X')] = value;
            else if (one.letter == 'E')
                filament = value;
            else if (one.letter == 'F')
                feed = value;
        }
    }
};

double arc_length(const parsed_line& line, double dx, double dy, double scale)
{
    const double chord = std::hypot(dx, dy);
    double radius = 0, sweep = 0;
    const bool clockwise = line.number == 2;
    if (const auto r = line.value('R'); r && *r != 0) {
        radius = std::max(std::abs(*r * scale), chord / 2);
        sweep = 2 * std::asin(std::min(1.0, chord / (2 * radius)));
        if (*r < 0) sweep = 2 * std::numbers::pi - sweep;
    } else {
        const double i = line.value('I').value_or(0) * scale, j = line.value('J').value_or(0) * scale;
        radius = std::hypot(i, j);
        sweep = std::atan2(dy - j, dx - i) - std::atan2(-j, -i);
        if (clockwise) sweep = -sweep;
        if (sweep <= 1e-9) sweep += 2 * std::numbers::pi; // back to its start: a full circle
    }
    return std::max(chord, radius * sweep);
}

} // namespace

std::optional<double> modal_state::tool_target(int tool) const
{
    return tool >= 0 && tool < max_tools ? tools_[static_cast<std::size_t>(tool)] : std::nullopt;
}

std::optional<move> modal_state::apply_move(const parsed_line& line)
{
    const double scale = modes_.inches ? 25.4 : 1;
    const move_words said(line);
    if (said.feed != nullptr && *said.feed > 0 && *said.feed < sane_mm)
        modes_.feed_mm_min = *said.feed * scale;
    move done;
    std::array<double, 3> delta{};
    for (std::size_t i = 0; i < 3; ++i) {
        const double* const value = said.axes[i];
        if (value == nullptr || std::abs(*value * scale) > sane_mm) continue;
        const double given = *value * scale;
        if (modes_.absolute) {
            delta[i] = axes_[i] ? given - *axes_[i] : 0; // a first move from an unknown place counts nothing
            axes_[i] = given;
        } else {
            delta[i] = given;
            if (axes_[i]) *axes_[i] += given;
        }
    }
    if (said.filament != nullptr && std::abs(*said.filament * scale) < sane_mm) {
        const double given = *said.filament * scale;
        done.de = modes_.absolute_e ? given - e_ : given;
        e_ += done.de;
    }
    done.dx = delta[0], done.dy = delta[1], done.dz = delta[2];
    const double flat = line.number >= 2 ? arc_length(line, done.dx, done.dy, scale)
                                         : std::sqrt(done.dx * done.dx + done.dy * done.dy);
    done.length_mm = done.dz == 0 ? flat : std::sqrt(flat * flat + done.dz * done.dz);
    done.feed_mm_s = modes_.feed_mm_min / 60;
    done.travel = line.number == 0 || done.de <= 0;
    return done;
}

void modal_state::apply_g92(const parsed_line& line)
{
    const double scale = modes_.inches ? 25.4 : 1;
    const bool bare = line.word_count == 0;
    for (std::size_t i = 0; i < 3; ++i)
        if (const auto value = line.value(axis_letters[i]))
            axes_[i] = *value * scale;
        else if (bare)
            axes_[i] = 0;
    if (const auto value = line.value('E'))
        e_ = *value * scale;
    else if (bare)
        e_ = 0;
}

void modal_state::apply_temperature(const parsed_line& line)
{
    auto target = line.value('S');
    if (!target) target = line.value('R');
    if (!target || *target < 0 || *target > 2000) return;
    if (line.number == 140 || line.number == 190)
        bed_ = target;
    else if (line.number == 141 || line.number == 191)
        chamber_ = target;
    else {
        const double tool = line.value('T').value_or(modes_.tool);
        if (tool >= 0 && tool < max_tools) tools_[static_cast<std::size_t>(tool)] = target;
    }
}

std::optional<move> modal_state::apply(const parsed_line& line)
{
    if (line.letter == 'T') {
        if (line.number < max_tools) modes_.tool = line.number;
        return std::nullopt;
    }
    if (line.letter == 'G') {
        switch (line.number) {
        case 0:
        case 1:
        case 2:
        case 3:
            return apply_move(line);
        case 20:
            modes_.inches = true;
            break;
        case 21:
            modes_.inches = false;
            break;
        case 28: {
            const bool all = !line.find('X') && !line.find('Y') && !line.find('Z');
            for (std::size_t i = 0; i < 3; ++i)
                if (all || line.find(axis_letters[i])) axes_[i] = 0;
            break;
        }
        case 90:
            modes_.absolute = modes_.absolute_e = true;
            break;
        case 91:
            modes_.absolute = modes_.absolute_e = false;
            break;
        case 92:
            if (line.subcode == 0) apply_g92(line);
            break;
        default:
            break;
        }
    } else if (line.letter == 'M') {
        switch (line.number) {
        case 82:
            modes_.absolute_e = true;
            break;
        case 83:
            modes_.absolute_e = false;
            break;
        case 104:
        case 109:
        case 140:
        case 190:
        case 141:
        case 191:
            apply_temperature(line);
            break;
        case 106:
            if (line.value('P').value_or(0) == 0)
                modes_.fan = std::clamp(line.value('S').value_or(255) / 255, 0.0, 1.0);
            break;
        case 107:
            if (line.value('P').value_or(0) == 0) modes_.fan = 0;
            break;
        default:
            break;
        }
    }
    return std::nullopt;
}

double dwell_seconds(const parsed_line& line)
{
    if (!line.is('G', 4)) return 0;
    const double seconds = line.value('S').value_or(0) + line.value('P').value_or(0) / 1000;
    return std::clamp(seconds, 0.0, 24.0 * 3600);
}

} // namespace layerline::gcode
