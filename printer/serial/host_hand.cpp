// What people do by hand: moving, extruding, fan and factors, lights, console lines, answers to prompts.
#include "printer/serial/hand_commands.hpp"
#include "printer/serial/host_core.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <array>

namespace layerline::printer::serial {

namespace {

constexpr std::size_t most_aside = 16;
constexpr double safe_to_switch_off_c = 50; // a hotter nozzle needs its fan

printer_failure unsupported(std::string why)
{
    return {printer_errc::unsupported, std::move(why)};
}

} // namespace

std::uint32_t host_core::abilities() const
{
    const std::array can{has("BABYSTEPPING"),           has("AUTOLEVEL"), has("TOGGLE_LIGHTS"),
                         has("SOFTWARE_POWER"),         may_have_card(),  has("EMERGENCY_PARSER"),
                         firmware_ && firmware_->travel};
    std::uint32_t bits = 0;
    for (const bool one : can)
        bits = bits << 1U | (one ? 1U : 0U);
    return bits;
}

std::vector<std::string> host_core::offers() const
{
    std::vector<std::string> all{"move_axis", "extrude",        "set_fan",   "set_speed",
                                 "set_flow",  "release_motors", "run_gcode", "answer_prompt"};
    if (has("BABYSTEPPING")) all.emplace_back("babystep");
    if (has("AUTOLEVEL")) all.emplace_back("level_bed");
    if (has("TOGGLE_LIGHTS")) all.emplace_back("set_light");
    if (has("SOFTWARE_POWER")) all.emplace_back("set_power");
    if (may_have_card()) all.emplace_back("list_card");
    return all;
}

// Whether something else has the head, or a person has to look first.
std::optional<printer_failure> host_core::not_by_hand(bool when_paused) const
{
    if (!connected_) return away_failure();
    if (card_) return wrong_state("the printer prints from its own card");
    if (starting_ || phase_ == phase::error || (job_active() && !(when_paused && phase_ == phase::paused)))
        return wrong_state("nothing is moved by hand now");
    if (firmware_paused_) return wrong_state("the printer waits by itself and takes no moves");
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    return std::nullopt;
}

std::optional<printer_failure> host_core::not_homed(const move_axis& what) const
{
    if (homed_.find(what.axis) != std::string::npos) return std::nullopt;
    if (what.axis == 'z' && what.distance_mm >= 0 && what.distance_mm <= settings_.unhomed_lift_mm)
        return std::nullopt; // away from the bed
    return printer_failure{printer_errc::wrong_state,
                           std::string("home ") + static_cast<char>(what.axis - 'a' + 'A') +
                               " first: where the axis is, and where its end is, is not known"};
}

host_core::outcome host_core::do_move(const move_axis& what, std::uint64_t ticket)
{
    if (auto why = not_by_hand(true)) return *std::move(why);
    if (auto why = not_homed(what)) return *std::move(why);
    const bool paused = phase_ == phase::paused;
    if (paused && !(saved_.at.x_mm && saved_.at.y_mm && saved_.at.z_mm))
        return wrong_state("where the print has to go on is not known, so the head stays where it is");
    jog_ = waiting_move{ticket, what};
    plan_ = plan_standstill();
    goal_ = goal::jog_look;
    step_since_.reset();
    position_asked_ = false;
    return std::monostate{};
}

std::optional<printer_failure> host_core::out_of_area(const move_axis& what) const
{
    const auto& at = what.axis == 'x' ? position_.x_mm : what.axis == 'y' ? position_.y_mm : position_.z_mm;
    if (!position_seen_ || !at || homed_.find(what.axis) == std::string::npos) return std::nullopt;
    const auto& area = settings_.parking.area;
    double least = 0, most = 1e9;
    if (area && what.axis == 'x') least = area->x_min, most = area->x_max;
    if (area && what.axis == 'y') least = area->y_min, most = area->y_max;
    if (area && what.axis == 'z' && area->z_max > 0) most = area->z_max;
    if (!area && what.axis != 'z') return std::nullopt; // the firmware's own end stops alone know
    const double target = *at + what.distance_mm;
    if (target >= least && target <= most) return std::nullopt;
    return printer_failure{printer_errc::out_of_range, std::string(1, what.axis) + " would be at " +
                                                           gcode_number(target) + " mm, out of " +
                                                           gcode_number(least) + " to " +
                                                           (most < 1e9 ? gcode_number(most) : "its end")};
}

// The head stands still and its place is known, if the firmware told it.
void host_core::jog_looked(time_point now)
{
    (void)now;
    if (!jog_) return;
    const waiting_move move = *std::exchange(jog_, std::nullopt);
    if (auto why = out_of_area(move.what)) return answer(move.ticket, *std::move(why));
    if (phase_ == phase::paused) saved_.jogged = saved_.lifted = saved_.parked = true;
    if (!job_active()) bed_was(bed_event::moved); // who moves the head may have left something there
    plan_.clear();
    for (auto& command : move_commands(move.what, modes_))
        plan_.push_back({.what = plan_step::kind::send, .text = std::move(command)});
    for (auto& step : plan_standstill())
        plan_.push_back(std::move(step));
    goal_ = goal::jog;
    step_since_.reset();
    position_asked_ = false;
    answer(move.ticket, performed{});
}

host_core::outcome host_core::do_extrude(const extrude_filament& what)
{
    if (auto why = not_by_hand(true)) return *std::move(why);
    const auto* tool = heater(tool_name(what.tool));
    if (!tool) return unsupported("this printer has no " + tool_name(what.tool));
    if (tool->actual_c.value_or(0) < settings_.parking.least_hot_c)
        return printer_failure{printer_errc::wrong_state,
                               "the hotend is too cold to move filament: at least " +
                                   gcode_number(settings_.parking.least_hot_c) + " C are needed"};
    if (!job_active() && what.distance_mm > 0) bed_was(bed_event::moved);
    for (auto& command : extrude_commands(what, modes_))
        plan_.push_back({.what = plan_step::kind::send, .text = std::move(command)});
    plan_.push_back({.what = plan_step::kind::send, .text = "M400"});
    plan_.push_back({.what = plan_step::kind::drain});
    goal_ = goal::jog;
    step_since_.reset();
    return performed{};
}

// One command at any time, a print under way or not.
host_core::outcome host_core::do_set(std::string command)
{
    if (!connected_) return away_failure();
    if (aside_.size() >= most_aside)
        return printer_failure{printer_errc::refused, "too many commands are waiting"};
    aside_.push_back(std::move(command));
    return performed{};
}

host_core::outcome host_core::do_babystep(const babystep& what)
{
    if (!connected_) return away_failure();
    if (!has("BABYSTEPPING")) return unsupported("this firmware was built without babysteps");
    if (phase_ == phase::cancelling || phase_ == phase::error)
        return wrong_state("there is nothing to adjust");
    const double sum = babysteps_mm_ + what.z_mm;
    if (sum < -settings_.most_babysteps_mm || sum > settings_.most_babysteps_mm)
        return printer_failure{printer_errc::out_of_range, "all babysteps together are at most " +
                                                               gcode_number(settings_.most_babysteps_mm) +
                                                               " mm; home Z or level the bed"};
    auto done = do_set(babystep_command(what.z_mm));
    if (std::holds_alternative<performed>(done)) babysteps_mm_ = sum;
    return done;
}

host_core::outcome host_core::do_release_motors()
{
    if (!connected_) return away_failure();
    if (job_active() || card_ || starting_) return wrong_state("a print needs its motors");
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    return do_set("M84");
}

host_core::outcome host_core::do_level_bed()
{
    if (auto why = not_by_hand(false)) return *std::move(why);
    if (!has("AUTOLEVEL")) return unsupported("this printer has no probe that its firmware told of");
    if (homed_ != "xyz") return wrong_state("home all axes first");
    if (auto why = gate_.over_bed("The probe would run into a part")) return *std::move(why);
    plan_ = {{.what = plan_step::kind::send, .text = "G29"},
             {.what = plan_step::kind::drain},
             {.what = plan_step::kind::position}};
    goal_ = goal::home;
    step_since_.reset();
    return performed{};
}

host_core::outcome host_core::do_set_light(const set_light& what)
{
    if (!connected_) return away_failure();
    if (!has("TOGGLE_LIGHTS")) return unsupported("this printer has no light that its firmware can switch");
    if (what.name != "case")
        return printer_failure{printer_errc::out_of_range, "the printer's light is called \"case\""};
    auto done = do_set(what.on ? "M355 S1" : "M355 S0");
    if (std::holds_alternative<performed>(done)) case_light_ = what.on;
    return done;
}

host_core::outcome host_core::do_set_power(const set_power& what)
{
    if (!connected_) return away_failure();
    if (!has("SOFTWARE_POWER")) return unsupported("this printer's firmware cannot switch its power supply");
    if (what.device != "psu")
        return printer_failure{printer_errc::out_of_range, "the printer's power supply is called \"psu\""};
    if (job_active() || card_ || starting_)
        return wrong_state("the power stays as it is while a print is under way");
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    const bool hot = std::any_of(heaters_.begin(), heaters_.end(), [](const heater_state& one) {
        return one.name.starts_with("tool") && one.actual_c.value_or(0) > safe_to_switch_off_c;
    });
    if (!what.on && hot)
        return wrong_state("the nozzle is over 50 C and needs its fan; wait until it is cold");
    return do_set(what.on ? "M80" : "M81");
}

host_core::outcome host_core::do_run_gcode(const host_call& request, time_point now)
{
    if (!connected_) return away_failure();
    if (console_) return printer_failure{printer_errc::refused, "another console line waits for its answer"};
    const bool busy = job_active() || card_ || starting_ || goal_ != goal::none;
    auto verdict = judge_console(
        std::get<run_gcode>(request.what).text,
        {busy, settings_.max_tool_c, settings_.max_bed_c, settings_.max_chamber_c, settings_.max_line});
    if (verdict.why_not) return *std::move(verdict.why_not);
    if (verdict.urgent) {
        if (urgent_.size() >= 4)
            return printer_failure{printer_errc::refused, "too many commands are waiting"};
        urgent_.push_back(std::move(verdict.command));
        return performed{};
    }
    const auto line = gcode::parse_line(verdict.command);
    if (phase_ == phase::error && (line.letter == 'G' || line.letter == 'T'))
        return wrong_state("after a failure a person has to look and say that the bed is clear first");
    if (line.is('G', 28) && (line.word_count == 0 || line.find('Z')))
        if (auto why = gate_.over_bed("Z is not homed over a part")) return *std::move(why);
    if (!job_active() && line.letter == 'G' && line.number <= 3) bed_was(bed_event::moved);
    if (line.letter == 'M') guard_.touched(now);
    auto until = now + settings_.console_wait;
    if (request.deadline) until = std::min(until, *request.deadline - std::chrono::milliseconds(200));
    console_ = console_call{request.ticket, std::move(verdict.command), std::nullopt, until, {}};
    return std::monostate{};
}

void host_core::on(const heard& what, time_point)
{
    if (!console_ || !console_->tag) return;
    if (in_flight_.empty() || in_flight_.front().tag != *console_->tag) return; // of a line before it
    auto& reply = console_->reply;
    if (reply.size() + what.text.size() + 1 > max_reply_bytes) return;
    if (!reply.empty()) reply += '\n';
    reply += plain_ascii(what.text, 512);
}

void host_core::check_console(time_point now)
{
    if (!console_ || now < console_->until) return;
    if (console_->tag)
        answer(console_->ticket, performed{.job_id = {},
                                           .note = "the printer is still at work on it",
                                           .reply = std::move(console_->reply)});
    else
        answer(console_->ticket,
               printer_failure{printer_errc::late, "the printer was busy; it was not sent"});
    console_.reset();
}

void host_core::end_hand_calls(const printer_failure& why)
{
    if (console_) answer(console_->ticket, why);
    if (jog_) answer(jog_->ticket, why);
    console_.reset();
    jog_.reset();
}

} // namespace layerline::printer::serial
