// What the printer says, and what the clock says when it says nothing. Firmware text is shown, never obeyed,
// but for the host actions listed here.
#include "printer/serial/host_core.hpp"

#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

void host_core::forget_wire()
{
    const printer_failure lost{printer_errc::no_answer,
                               "the connection to the printer was lost before it answered"};
    end_hand_calls(lost);
    end_card_calls(lost);
    speed_factor_ = flow_factor_ = std::nullopt;
    case_light_.reset();
    babysteps_mm_ = 0;
    modes_ = {};
    connected_ = false;
    in_flight_.clear();
    aside_.clear();
    plan_.clear();
    goal_ = goal::none;
    seen_at_.reset();
    step_since_.reset();
    urgent_.clear();
    poll_under_way_ = false;
    user_busy_at_.reset();
    busy_since_.reset();
    runout_since_.reset();
    end_prompt();
}

void host_core::port_opened(time_point)
{
    forget_wire();
    port_open_ = true;
    halted_ = false;
    away_ = printer_errc::silent;
    away_text_ = "the printer has not answered yet";
}

void host_core::port_lost(printer_errc why, std::string text, time_point now)
{
    // A stop that was asked for is answered by the truth: nothing confirms it any more.
    if (ladder_) {
        end_stops(false, "the stop was sent, then the port went away: cut the power if in doubt");
    }
    if (job_active()) fail_job("the connection to the printer was lost in the print: " + text, false, now);
    // Away may be unplugged, or without power; what happened to the bed meanwhile nobody saw.
    if (connected_) bed_was(bed_event::power_lost);
    forget_wire();
    port_open_ = false;
    homed_.clear();
    position_ = {};
    for (auto& known : heaters_)
        known = {.name = known.name, .actual_c = {}, .target_c = {}};
    away_ = why;
    away_text_ = plain_ascii(text, 300);
}

void host_core::on_event(const event& what, time_point now)
{
    last_word_ = now;
    was_heard_ = true;
    std::visit([&](const auto& one) { on(one, now); }, what);
}

void host_core::on(const connected& what, time_point now)
{
    // Hello is said once a connection: a second one in a job means that the board began anew unseen.
    if (connected_ && job_active()) fail_job("the printer was reset in the middle of the print", false, now);
    if (connected_) bed_was(bed_event::power_lost);
    if (connected_) card_.reset();
    connected_ = true;
    halted_ = false;
    away_text_.clear();
    firmware_ = what.firmware;
    kind_ = what.kind;
    for (auto* text : {&firmware_->name, &firmware_->machine, &firmware_->uuid})
        *text = plain_ascii(*text, 200);
    last_temperatures_ = last_progress_ = last_place_poll_ = now;
    const fingerprint seen{firmware_->name, firmware_->machine, firmware_->uuid};
    if (!kept_.firmware || (settings_.accept_fingerprint && *kept_.firmware != seen)) {
        kept_.firmware = seen;
        keep();
    }
    foreign_ = *kept_.firmware != seen;
    keep_port();
    if (takeover_) look_around();
    log(foreign_, "connected to " + firmware_->name + ", taken for " + std::string(family().title) +
                      (foreign_ ? "; this is not the printer known before" : ""));
    if (foreign_ && phase_ == phase::idle)
        reason_ = "another printer than before answers on this port; it will not print until "
                  "--accept-fingerprint says that it may";
}

void host_core::on(const acknowledged& what, time_point now)
{
    last_progress_ = now;
    line_was_accepted(now);
    while (!in_flight_.empty()) {
        const sent_line line = std::move(in_flight_.front());
        in_flight_.pop_front();
        if (line.poll) poll_under_way_ = false;
        for (const char axis : line.homes)
            if (homed_.find(axis) == std::string::npos) homed_ += axis;
        std::sort(homed_.begin(), homed_.end());
        if (!line.homes.empty()) motors_lost_ = false;
        if (line.frees) {
            homed_.clear();
            motors_lost_ = true;
        }
        if (line.of_file && job_) {
            ++job_->lines_acknowledged;
            job_->done_bytes = line.end_offset;
            reached_line_ = line.line;
            acks_.add(now - line.at);
            job_->ack_p50_ms = acks_.percentile(0.5);
            job_->ack_p95_ms = acks_.percentile(0.95);
            if (line.layer) job_->layer = line.layer;
            if (line.z_mm) job_->z_mm = line.z_mm;
            done_seconds_ = line.seconds;
            slicer_left_ = line.slicer_left_s;
        }
        if (console_ && console_->tag == line.tag) {
            answer(console_->ticket,
                   performed{.job_id = {}, .note = {}, .reply = std::move(console_->reply)});
            console_.reset();
        }
        card_question_taken(line.tag, now);
        if (line.tag == what.tag) break;
    }
}

void host_core::on(const temperatures& what, time_point now)
{
    last_temperatures_ = now;
    for (const auto& told : what.heaters) {
        const std::string name = plain_ascii(told.name, 16);
        const auto known = std::find_if(heaters_.begin(), heaters_.end(),
                                        [&](const heater_state& heater) { return heater.name == name; });
        if (known != heaters_.end()) {
            known->actual_c = told.actual_c;
            if (told.target_c) known->target_c = told.target_c;
        } else if (heaters_.size() < most_heaters)
            heaters_.push_back({name, told.actual_c, told.target_c});
    }
    if (takeover_) judge_takeover_now(now);
}

void host_core::on(const positioned& what, time_point)
{
    position_ = what.at;
    position_seen_ = true;
    watch_head();
}

bool host_core::stands_idle() const
{
    return connected_ && !card_ && !job_active() && !starting_ && goal_ == goal::none && plan_.empty() &&
           !console_ && !jog_;
}

// A head that is elsewhere although we moved nothing was moved at the printer: by hand, or by a print from
// its own card.
void host_core::watch_head()
{
    if (!stands_idle()) {
        seen_at_.reset();
        return;
    }
    const auto differs = [](const std::optional<double>& a, const std::optional<double>& b) {
        constexpr double told_to_mm = 0.015; // firmware tells two digits
        return a && b && std::abs(*a - *b) > told_to_mm;
    };
    const auto& at = position_;
    if (seen_at_ && (differs(seen_at_->x_mm, at.x_mm) || differs(seen_at_->y_mm, at.y_mm) ||
                     differs(seen_at_->z_mm, at.z_mm) || differs(seen_at_->e_mm, at.e_mm))) {
        if (gate_.clear()) log(true, "the head was moved at the printer: the bed counts as not clear");
        bed_was(bed_event::moved_elsewhere);
    }
    seen_at_ = at;
}

void host_core::on(const said& what, time_point now)
{
    if (listed(what.text) || card_says(what.text, now)) return;
    log(false, {"printer: ", what.text});
}

void host_core::on(const resend_asked&, time_point)
{
    if (job_ && job_active()) ++job_->resends;
}

void host_core::on(const unknown_command& what, time_point now)
{
    log(true, {"the printer does not know a command: ", what.text});
    if (what.text.find("\"M600") != std::string::npos) filament_change_by_hand(now);
}

void host_core::on(const killed& what, time_point now)
{
    const std::string text = plain_ascii(what.text, 240);
    const bool asked = ladder_ || (phase_ == phase::error && reason_.starts_with("stopped by an emergency"));
    stop_confirmed("the printer confirmed that it stopped");
    card_.reset();
    if (job_active())
        fail_job("the printer stopped itself: " + text, false, now);
    else if (!asked)
        set_phase(phase::error, "the printer stopped itself: " + text, now);
    bed_was(bed_event::stopped);
    forget_wire();
    halted_ = true;
    homed_.clear();
    away_text_ = "the firmware is halted (" + text + "); it needs a reset at the printer";
}

void host_core::on(const was_reset&, time_point now)
{
    if (job_active()) fail_job("the printer was reset in the middle of the print", false, now);
    bed_was(bed_event::power_lost);
    if (card_) card_ends(phase::error, "the printer was reset in the middle of a print from its card", now);
    if (ladder_ && ladder_->told.empty()) ladder_->told.emplace_back("the board began anew by itself");
    stop_confirmed("the printer began anew, with its heaters off");
    forget_wire();
    halted_ = false;
    homed_.clear();
    position_ = {};
    away_ = printer_errc::silent;
    away_text_ = "the printer was reset and is starting";
    log(true, "the printer was reset");
}

void host_core::on(const gone_silent& what, time_point now)
{
    port_lost(printer_errc::silent,
              "the printer does not answer" + (what.text.empty() ? "" : ": " + what.text), now);
}

void host_core::check_guards(time_point now)
{
    // A host that begins with a lost job has had no change of phase that could have said so.
    if (phase_ == phase::error && !card_) guard_.set_need(heat_guard::need::failed, now);
    if (!connected_ || leaving_since_) return;
    const heat_guard::orders orders = guard_.check(heaters_, now);
    if (!orders.tools_off && !orders.bed_off) return;
    const auto commands = heaters_off(heaters_, orders.tools_off, orders.bed_off);
    aside_.append(commands);
    const std::string what = orders.tools_off && orders.bed_off ? "hotend and bed were"
                             : orders.tools_off                 ? "the hotend was"
                                                                : "the bed was";
    const std::string text = what + " switched off: heaters stay on only for a job or a hand";
    if (reason_.find(text) == std::string::npos)
        reason_ = plain_ascii(reason_.empty() ? text : reason_ + "; " + text, 400);
    log(true, text);
}

void host_core::check_stuck(time_point now)
{
    const bool expects = connected_ && job_active() && !waits_for_person(now) && !in_flight_.empty();
    if (!expects) {
        if (in_flight_.empty()) last_progress_ = now;
        return;
    }
    const auto longest = std::max(settings_.busy_for_ever, in_flight_.front().may_take.value_or(0ms));
    const bool for_ever = busy_since_ && now - *busy_since_ >= longest;
    if (!for_ever && now - last_progress_ < (busy_seen_ ? settings_.stuck_keepalive : settings_.stuck))
        return;
    // It talks but takes no more lines: only what is read out of turn can still switch it off.
    if (has("EMERGENCY_PARSER")) urgent_.push_back("M112");
    fail_job("the printer takes no more commands" + std::string(has("EMERGENCY_PARSER")
                                                                    ? "; it was stopped"
                                                                    : "; look at it, its heaters may be on"),
             false, now);
}

void host_core::poll_temperatures(time_point now)
{
    if (!connected_ || poll_under_way_ || waits_for_person(now)) return;
    if (now - std::max(last_temperatures_, last_poll_) < settings_.temperature_poll) return;
    poll_under_way_ = true;
    last_poll_ = now; // an answer without temperatures must not be asked for again at once
    aside_.push_back("M105");
}

// For watch_head(); only while there is a cleared bed to lose.
void host_core::poll_place(time_point now)
{
    if (!gate_.clear() || !stands_idle() || !in_flight_.empty() || !aside_.empty() || waits_for_person(now))
        return;
    if (now - last_place_poll_ < settings_.place_poll) return;
    last_place_poll_ = now;
    aside_.push_back("M114");
}

void host_core::tick(time_point now)
{
    check_stop_confirm(now);
    check_console(now);
    check_wait_deadlines(now);
    check_rise(now);
    check_runout(now);
    check_stuck(now);
    check_standby(now);
    check_guards(now);
    poll_temperatures(now);
    poll_place(now);
    check_listing(now);
    check_opening(now);
    poll_card(now);
}

std::chrono::milliseconds host_core::patience() const
{
    // All that is counted here is counted in seconds; plans and stops are looked at four times in one.
    return !plan_.empty() || ladder_ || console_ || listing_ || opening_ || leaving_since_ ? 250ms : 1000ms;
}

void host_core::stop(time_point now)
{
    if (leaving_since_) return;
    leaving_since_ = now;
    end_card_calls({printer_errc::host_gone, "the print host is being stopped"});
    const bool in_job = job_active();
    const bool lift = in_job && moved_ && !saved_.lifted;
    const head_knowledge known = head();
    const bool held = firmware_paused_ || std::any_of(in_flight_.begin(), in_flight_.end(),
                                                      [](const sent_line& line) { return line.blocks; });
    const bool hot = std::any_of(heaters_.begin(), heaters_.end(),
                                 [](const heater_state& heater) { return heater.target_c.value_or(0) > 0; });
    if (in_job)
        end_job(phase::error, "failed", "the print host was stopped in the middle of this print", now);
    if (!connected_ || card_ || (!in_job && !hot)) return; // a print from its card is the printer's own
    if (held && has("EMERGENCY_PARSER")) urgent_.push_back("M108");
    plan_ = plan_cancel(parking(), known, heaters_, lift);
    goal_ = goal::leave;
    step_since_.reset();
}

bool host_core::may_leave(time_point now) const
{
    if (!leaving_since_) return false;
    return !connected_ || (plan_.empty() && goal_ == goal::none && in_flight_.empty() && aside_.empty()) ||
           now - *leaving_since_ >= settings_.farewell;
}

} // namespace layerline::printer::serial
