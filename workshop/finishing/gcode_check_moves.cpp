// What each command does to the head, the heaters and the filament, against what it may.
#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/gcode_check_work.hpp"
#include "workshop/finishing/gcode_text.hpp"

#include <array>
#include <numbers>

namespace layerline::workshop {

namespace {

constexpr double same_celsius = 0.5;
constexpr double least_filament_mm =
    0.001; // or mm3: what the widest line takes for the last digit of its places

std::string mm(double value)
{
    return shortest(value, 3) + " mm";
}

bool known_command(gcode_dialect dialect, const gcode::parsed_line& line)
{
    constexpr std::array g{0, 1, 4, 21, 90, 92};
    constexpr std::array m{2, 73, 82, 83, 84, 104, 106, 107, 109, 140, 190, 204};
    constexpr std::array makerbot{101, 103, 108, 126, 127, 135};
    const auto in = [&](const auto& all) {
        return std::find(all.begin(), all.end(), line.number) != all.end();
    };
    if (line.subcode != 0) return false;
    if (line.letter == 'T') return true;
    if (line.letter == 'G') return in(g);
    return in(m) || (dialect == gcode_dialect::makerbot && in(makerbot));
}

} // namespace

void gcode_check::work::command(const gcode::parsed_line& line, bool users)
{
    if (!users) {
        if (line.odd || line.spare_words > 0)
            wrong(check_rule::bad_line, "The line holds what belongs to no word.");
        for (std::size_t at = 0; at < line.word_count && line.letter == 'G'; ++at)
            if (!line.words[at].value) wrong(check_rule::bad_line, "A word of the line has no number.");
        if (!known_command(plan_.dialect, line))
            wrong(check_rule::unknown_command, std::string(1, line.letter) + std::to_string(line.number) +
                                                   " is no command that the engine was asked for.");
        if (line.is('G', 92) && (line.word_count != 1 || !line.find('E')))
            wrong(check_rule::unknown_command, "The line moves the origin.");
        if (line.letter == 'T' && line.number >= static_cast<int>(plan_.tools.size()))
            wrong(check_rule::tool, "Tool " + std::to_string(line.number) + " is not defined.",
                  fault_kind::no_such_tool);
        heats(line);
    }
    const int tool = timer_.state().now().tool;
    if (!users) extras_.command(line, tool);
    const auto done = timer_.take(line);
    if (!done.moved) return;
    meter_.add(done.moved->de, tool);
    if (!users) return moved(line, *done.moved);
    owners_top_mm_ = std::max(owners_top_mm_, timer_.state().z().value_or(0));
}

void gcode_check::work::heats(const gcode::parsed_line& line)
{
    const bool bed = line.is('M', 140) || line.is('M', 190);
    if (!bed && !line.is('M', 104) && !line.is('M', 109)) return;
    const auto said = line.value('S') ? line.value('S') : line.value('R');
    if (!said) return;
    const double named = line.value('T').value_or(timer_.state().now().tool);
    if (!bed && !(named >= 0 && named < static_cast<double>(plan_.tools.size())))
        return wrong(check_rule::tool, "A tool is heated that is not defined.", fault_kind::no_such_tool);
    const auto tool = bed ? 0 : static_cast<std::size_t>(named);
    const auto& asked = bed ? plan_.bed : plan_.tools[tool];
    (bed ? bed_ : heat_[tool]) = *said;
    const auto is = [&](double celsius) { return std::abs(*said - celsius) <= same_celsius; };
    if (*said == 0 || is(asked.bottom_c) || is(asked.later_c)) return;
    wrong(check_rule::temperature, std::string(bed ? "The bed" : "A nozzle") + " is heated to " +
                                       shortest(*said, 1) + " °C; " + shortest(asked.bottom_c, 1) +
                                       " and then " + shortest(asked.later_c, 1) + " was asked.");
}

void gcode_check::work::in_room(bool printing)
{
    const auto& at = timer_.state();
    const auto out = [](const std::optional<double>& value, double most) {
        return value && !(*value >= -slack_mm && *value <= most + slack_mm);
    };
    const auto kind = printing && !model_ ? fault_kind::skirt_off_bed : fault_kind::model_off_bed;
    if (out(at.x(), wanted_.x_mm) || out(at.y(), wanted_.y_mm))
        wrong(check_rule::off_bed,
              std::string(printing ? "It prints" : "The head moves") + " to X " + mm(at.x().value_or(0)) +
                  ", Y " + mm(at.y().value_or(0)) + "; the bed is " + shortest(wanted_.x_mm, 3) + " by " +
                  mm(wanted_.y_mm) + ".",
              kind);
    if (out(at.z(), wanted_.z_mm))
        wrong(check_rule::off_height,
              "The head moves to a height of " + mm(*at.z()) + "; there are " + mm(wanted_.z_mm) + ".", kind);
}

void gcode_check::work::moved(const gcode::parsed_line& line, const gcode::move& move)
{
    if (!timer_.state().now().absolute || timer_.state().now().inches)
        wrong(check_rule::unknown_command, "The engine's line is read in relative places or in inches.");
    const bool printing = move.de > 0 && move.length_mm > 0;
    in_room(printing);
    const auto too_fast = [&](double most, const char* what) {
        if (move.feed_mm_s > most * 1.01 + 0.02)
            wrong(check_rule::too_fast, std::string(what) + " at " + shortest(move.feed_mm_s, 2) + " mm/s; " +
                                            shortest(most, 2) + " was asked at most.");
    };
    if (printing) return prints(move);
    // A piece of a line that is shorter than the digits it is written with.
    const bool of_line = (line.find('X') || line.find('Y')) && std::abs(move.de) < least_filament_mm;
    if (move.length_mm == 0 && of_line) return;
    if (move.length_mm > 0 && line.value('F')) too_fast(plan_.travel_mm_s, "The head travels");
    if (move.length_mm == 0 && move.de != 0 && plan_.retraction_mm > 0)
        too_fast(plan_.retraction_mm_s, "The filament is moved");
}

const asked_here& gcode_check::work::asked()
{
    if (asked_) return *asked_;
    auto& here = asked_.emplace();
    here.fastest_mm_s = fastest_other_mm_s(wanted_);
    if (!z_ || (plan_.raft && !raft_top_)) return here;
    const micron top = *z_ - raft_top_.value_or(0);
    const auto volume = plan_.volumes.size() == 1 ? std::optional<std::size_t>(0) : volume_;
    here.all = layer_at(plan_, top);
    here.one = volume ? layer_at(plan_, *volume, top) : here.all;
    if (!here.one || volume.value_or(0) >= plan_.volumes.size()) return here;
    const auto fastest = fastest_model_mm_s(wanted_, volume.value_or(0), *here.one);
    here.fastest_mm_s = volume ? fastest : std::max(fastest, here.fastest_mm_s);
    return here;
}

void gcode_check::work::prints(const gcode::move& move)
{
    const auto& at = timer_.state();
    if (!in_layers_) return wrong(check_rule::early, "It prints before the first layer.");
    if (at.x() && at.y() && at.z()) {
        if (!report_.extruded)
            report_.extruded = box_mm{*at.x(), *at.y(), *at.z(), *at.x(), *at.y(), *at.z()};
        auto& box = *report_.extruded;
        for (const double back : {0.0, 1.0}) {
            const double x = *at.x() - back * move.dx, y = *at.y() - back * move.dy;
            box.min_x = std::min(box.min_x, x), box.max_x = std::max(box.max_x, x);
            box.min_y = std::min(box.min_y, y), box.max_y = std::max(box.max_y, y);
        }
        box.min_z = std::min(box.min_z, *at.z()), box.max_z = std::max(box.max_z, *at.z());
    }
    report_.fastest_mm_s = std::max(report_.fastest_mm_s, move.feed_mm_s);
    if (const auto z = at.z();
        z && z_ && !plan_.spiral && std::abs(*z * 1000 - static_cast<double>(*z_)) > 1.5)
        wrong(check_rule::wrong_z, "It prints at a height of " + mm(*z) + " in the layer at " +
                                       mm(static_cast<double>(*z_) / 1000) + ".");
    if (!z_) wrong(check_rule::wrong_z, "It prints in a layer whose height is not told.");

    const auto tool = static_cast<std::size_t>(at.now().tool);
    double area = 1;
    if (!plan_.cubic_e && tool < plan_.filament_mm.size()) {
        const double radius = plan_.filament_mm[tool] / 2;
        area = std::numbers::pi * radius * radius;
    }
    // Of short moves the rounding of E is too large a part.
    if (const double mm2 = move.de * area / move.length_mm; mm2 > widest_mm2_ && move.length_mm > 0.1)
        wrong(check_rule::too_thick, "A line gets " + shortest(mm2, 2) + " mm² of material.");
    if (model_) first_of_model();
    if (const auto index = plan_.volumes.size() == 1 ? 0 : volume_.value_or(spots_.size());
        model_ && index < spots_.size() && at.x() && at.y())
        spots_[index].take(*at.x(), *at.y());
    const auto& here = asked();
    if (model_ && here.one)
        if (auto fault = extras_.fan_fault(*here.one); !fault.empty())
            wrong(check_rule::fan, std::move(fault));
    const double most = model_ ? here.fastest_mm_s : fastest_other_mm_s(wanted_);
    if (move.feed_mm_s > most * 1.01 + 0.02)
        wrong(check_rule::too_fast, "It prints at " + shortest(move.feed_mm_s, 2) + " mm/s; " +
                                        shortest(most, 2) + " was asked at most.");
    const auto& all = here.all;
    const auto check_heat = [&](const heat_wish& asked, double now, const char* what) {
        const auto is = [&](double celsius) {
            return celsius <= 0 || std::abs(now - celsius) <= same_celsius;
        };
        const bool may_be_bottom = !all || all->bottom || plan_.one_by_one;
        const bool may_be_later = !all || !all->bottom || plan_.volumes.size() > 1;
        if ((may_be_bottom && is(asked.bottom_c)) || (may_be_later && is(asked.later_c))) return;
        wrong(check_rule::temperature,
              std::string("It prints with ") + what + " at " + shortest(now, 1) + " °C; " +
                  shortest(all && all->bottom ? asked.bottom_c : asked.later_c, 1) + " was asked here.");
    };
    if (tool < plan_.tools.size()) check_heat(plan_.tools[tool], heat_[tool], "the nozzle");
    check_heat(plan_.bed, bed_, "the bed");

    if (model_ && volume_ && *volume_ < wanted_.volumes.size() && at.x() && at.y()) {
        const auto& box = wanted_.volumes[*volume_];
        const double s = model_slack_;
        if (*at.x() < box.min_x - s || *at.x() > box.max_x + s || *at.y() < box.min_y - s ||
            *at.y() > box.max_y + s)
            wrong(check_rule::outside_model, "It prints model " + std::to_string(*volume_) + " at X " +
                                                 mm(*at.x()) + ", Y " + mm(*at.y()) +
                                                 ", where it does not stand.");
    }
}

} // namespace layerline::workshop
