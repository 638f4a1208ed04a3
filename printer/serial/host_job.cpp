// The course of a job: what is sent next, and what happens when a plan of the host's own is through.
#include "printer/serial/host_core.hpp"

#include "gcode/line.hpp"
#include "printer/serial/blocking_command.hpp"
#include "printer/serial/hand_commands.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

namespace {

// Whether the place of an axis is lost with this line. Without axes it frees all; the extruder alone may turn
// freely, and with S nothing happens before that time.
bool frees_motors(const gcode::parsed_line& line)
{
    return (line.is('M', 84) || line.is('M', 18)) && !line.find('S') &&
           (line.word_count == 0 || line.find('X') || line.find('Y') || line.find('Z'));
}

} // namespace

void host_core::begin_job(time_point now)
{
    modes_ = {};
    done_seconds_ = 0;
    slicer_left_.reset();
    moving_since_s_.reset();
    left_.begin();
    elapsed_ = {};
    running_since_.reset();
    saved_ = {};
    targets_.clear();
    moved_ = firmware_paused_ = motors_lost_ = stood_by_ = false;
    reached_line_ = 0;
    acks_.clear();
    starved_ = false;
    held_at_.reset();
    point_ = {};
    journal_ =
        journal_job{.id = job_->id, .path = job_->path, .boot = kept_.boot, .file = source_->facts().file};
    ++journal_epoch_;
    nothing_asked();
    paused_at_printer_ = false;
    last_progress_ = now;
    plan_ = plan_begin(parking());
    goal_ = goal::begin;
    step_since_.reset();
    set_phase(phase::printing, {}, now);
}

void host_core::drop_source()
{
    if (source_) effects_.push_back(source_to_drop{std::move(source_)});
    source_.reset();
}

void host_core::end_job(phase how, const char* kept_as, std::string detail, time_point now)
{
    if (job_ && source_) { // what was reached stays visible once the file is gone
        job_->progress = state(now).job->progress;
        job_->elapsed_s = told_.job->elapsed_s;
    }
    if (job_ && source_ && how == phase::finished) {
        job_->done_bytes = job_->size_bytes;
        job_->progress = 1;
        job_->left_s = 0;
    }
    drop_source();
    if (takeover_ && takeover_->source) effects_.push_back(source_to_drop{std::move(takeover_->source)});
    takeover_.reset();
    held_at_.reset();
    journal_.reset();
    ++journal_epoch_;
    firmware_paused_ = false;
    saved_ = {};
    targets_.clear();
    set_phase(how, how == phase::error ? detail : reason_, now);
    if (kept_.last_job) {
        kept_.last_job->outcome = kept_as;
        kept_.last_job->detail = plain_ascii(detail, 300);
    }
    keep();
}

void host_core::fail_job(std::string why, bool lift, time_point now)
{
    plan_.clear();
    goal_ = goal::none;
    const head_knowledge known = head();
    const bool up = lift && moved_ && !saved_.lifted && connected_;
    if (const auto place = reached_text(); !place.empty()) why += "; it had got to " + place;
    end_job(phase::error, "failed", std::move(why), now);
    if (!up) return;
    // The hot nozzle leaves the part; the guards see to the heaters.
    paused_head unused;
    plan_ = plan_park({.lift_mm = settings_.parking.lift_mm, .retract_mm = settings_.parking.retract_mm},
                      known, true, unused);
    goal_ = goal::fail;
    step_since_.reset();
}

head_knowledge host_core::head() const
{
    head_knowledge known{.at = position_, .homed = homed_};
    if (job_ && moved_ && job_->z_mm) known.at.z_mm = job_->z_mm; // what M114 said may be long ago
    if (source_) known.may_cross = !source_->facts().one_by_one;
    const heater_state* tool = heater(tool_name(-1));
    known.hot = tool && tool->actual_c.value_or(0) >= settings_.parking.least_hot_c;
    return known;
}

void host_core::begin_pause(std::string reason, bool park, time_point now)
{
    // Waits for heat are taken over by the resume, which waits for every target.
    std::erase_if(plan_, [](const plan_step& step) { return step.what != plan_step::kind::send; });
    for (auto& step : plan_standstill())
        plan_.push_back(std::move(step));
    goal_ = goal::standstill;
    step_since_.reset();
    position_asked_ = false;
    park_wanted_ = park;
    set_phase(phase::pausing, std::move(reason), now);
}

void host_core::pause_done(time_point now)
{
    saved_ = {};
    saved_.modes = modes_;
    saved_.at = position_;
    for (const auto& [name, celsius] : targets_)
        if (celsius > 0) saved_.targets.push_back({.name = name, .actual_c = {}, .target_c = celsius});
    head_knowledge known = head();
    known.at = position_;
    if (!position_seen_) {
        known.at = saved_.at = {}; // no answer: nothing is moved, so that nothing has to be restored
        log(true, "the printer did not tell its position; the head stays where it is");
    }
    plan_ = plan_park(settings_.parking, known, park_wanted_, saved_);
    goal_ = goal::park;
    step_since_.reset();
    if (plan_.empty()) goal_reached(now);
}

void host_core::goal_reached(time_point now)
{
    const goal reached = goal_;
    goal_ = goal::none;
    step_since_.reset();
    switch (reached) {
    case goal::standstill:
        pause_done(now);
        break;
    case goal::park:
        stood_by_ = standby_told_ = false;
        set_phase(phase::paused, reason_, now);
        announce_standby();
        break;
    case goal::resume:
        saved_ = {};
        last_progress_ = now;
        set_phase(phase::printing, {}, now);
        break;
    case goal::cancel:
        end_job(phase::cancelled, "cancelled", reason_, now);
        break;
    case goal::finish:
        end_job(phase::finished, "finished", {}, now);
        break;
    case goal::look:
        takeover_->looked = true;
        judge_takeover_now(now);
        break;
    case goal::jog_look:
        jog_looked(now);
        break;
    case goal::begin:
    case goal::file_wait:
    case goal::home:
    case goal::jog:
    case goal::fail:
    case goal::leave:
    case goal::none:
        break;
    }
}

wire_command host_core::send_own(std::string text, time_point now)
{
    note_settings(text);
    const gcode::parsed_line line = gcode::parse_line(text);
    sent_line sent{.tag = next_tag_++};
    sent.poll = line.is('M', 105);
    // Whatever else is sent may move the head, or change what its place is called.
    if (!sent.poll && !line.is('M', 114) && !line.is('M', 104) && !line.is('M', 140)) seen_at_.reset();
    sent.blocks = line.is('M', 109) || line.is('M', 190);
    if (line.is('G', 28))
        for (const char axis : {'X', 'Y', 'Z'})
            if (line.word_count == 0 || line.find(axis)) sent.homes += static_cast<char>(axis - 'X' + 'x');
    sent.frees = frees_motors(line);
    sent.may_take = blocking_time(text);
    in_flight_.push_back(sent);
    note_sent(nullptr, now);
    own_line_ = std::move(text);
    return {own_line_, sent.tag};
}

wire_command host_core::send_of_file(const prepared_line& line, time_point now)
{
    note_settings(line.text);
    const gcode::parsed_line parsed = gcode::parse_line(line.text);
    sent_line sent{.tag = next_tag_++, .of_file = true};
    sent.end_offset = line.end_offset;
    sent.line = line.number;
    sent.at = now;
    sent.seconds = line.seconds;
    sent.layer = line.layer;
    sent.z_mm = line.z_mm;
    sent.slicer_left_s = line.slicer_left_s;
    if (parsed.is('G', 28)) {
        const bool all = !parsed.find('X') && !parsed.find('Y') && !parsed.find('Z');
        for (const char axis : {'X', 'Y', 'Z'})
            if (all || parsed.find(axis)) sent.homes += static_cast<char>(axis - 'X' + 'x');
    }
    sent.frees = frees_motors(parsed);
    sent.may_take = blocking_time(line.text);
    // Those that wait inside the firmware for heat or for a person.
    sent.blocks =
        parsed.letter == 'M' && (parsed.number == 600 || parsed.number == 226 || parsed.number == 303 ||
                                 parsed.number == 701 || parsed.number == 702);
    if (line.moves) moved_ = true;
    modes_ = line.after;
    fan_ = line.after.fan;
    in_flight_.push_back(sent);
    note_sent(&line, now);
    return {line.text, sent.tag};
}

// Remembers what is set as it is sent: targets for resumes and waits, since the firmware's report comes
// seconds later, and the factors, which it never reports.
void host_core::note_settings(std::string_view text)
{
    const gcode::parsed_line line = gcode::parse_line(text);
    if (line.letter != 'M') return;
    const auto share = line.value('S');
    switch (line.number) {
    case 106:
        if (!line.find('P')) fan_ = std::clamp(share.value_or(255) / 255, 0.0, 1.0);
        return;
    case 107:
        fan_ = 0;
        return;
    case 220:
        if (share && *share > 0) speed_factor_ = *share / 100;
        return;
    case 221:
        if (share && *share > 0) flow_factor_ = *share / 100;
        return;
    case 104:
    case 140:
    case 141:
        break;
    default:
        return;
    }
    const auto target = share ? share : line.value('R');
    if (!target || !std::isfinite(*target)) return;
    if (line.number == 140)
        targets_["bed"] = *target;
    else if (line.number == 141)
        targets_["chamber"] = *target;
    else {
        const double tool = line.value('T').value_or(modes_.tool);
        if (tool >= 0 && tool < gcode::max_tools) targets_[tool_name(static_cast<int>(tool))] = *target;
    }
}

std::optional<wire_command> host_core::next_of_plan(time_point now)
{
    while (!plan_.empty()) {
        plan_step& step = plan_.front();
        if (!step_since_) {
            step_since_ = now;
            held_since_.reset();
            position_asked_ = false;
        }
        bool passed = false;
        switch (step.what) {
        case plan_step::kind::send: {
            std::string text = std::move(step.text);
            plan_.pop_front();
            step_since_.reset();
            return send_own(std::move(text), now);
        }
        case plan_step::kind::drain:
            passed = in_flight_.empty();
            break;
        case plan_step::kind::position:
            if (!position_asked_) {
                position_asked_ = true;
                position_seen_ = false;
                return send_own("M114", now);
            }
            passed = in_flight_.empty() && (position_seen_ || now - *step_since_ >= settings_.position_wait);
            break;
        case plan_step::kind::heat:
            passed = heat_reached(step, now);
            break;
        }
        if (!passed) return std::nullopt;
        plan_.pop_front();
        step_since_.reset();
        // A goal may bring a plan of its own, which then goes on here.
        if (plan_.empty()) goal_reached(now);
    }
    if (goal_ != goal::none) goal_reached(now);
    return std::nullopt;
}

std::optional<wire_command> host_core::next_of_file(time_point now)
{
    // Bounded: a file of nothing but notes must not hold the wire's thread.
    for (int taken = 0; taken < 64 && phase_ == phase::printing && source_; ++taken) {
        switch (source_->next(line_)) {
        case line_source::status::later:
            if (!std::exchange(starved_, true)) ++job_->underruns;
            return std::nullopt;
        case line_source::status::failed:
            fail_job(source_->failure(), true, now);
            return std::nullopt;
        case line_source::status::end:
            plan_ = plan_finish(parking());
            goal_ = goal::finish;
            step_since_.reset();
            return next_of_plan(now);
        case line_source::status::line:
            starved_ = false;
            break;
        }
        const prepared_line& line = line_;
        if (line.use != line_use::send) { // nothing of it may go out, so that it must be noted as done here
            point_.offset = line.end_offset;
            point_.line = line.number;
        }
        switch (line.use) {
        case line_use::send:
            return send_of_file(line, now);
        case line_use::skip:
            log(false, {"line ", std::to_string(line.number), ": ", line.note});
            break;
        case line_use::pause:
            ask_person(asker::host, {"user_wait",
                                     line.note.empty() ? "the file asks to wait for a person" : line.note,
                                     {"Continue"}});
            begin_pause("the file waits for a person" + (line.note.empty() ? "" : ": " + line.note), true,
                        now);
            return next_of_plan(now);
        case line_use::refuse: {
            const std::string text =
                "line " + std::to_string(line.number) + " of the file was not sent: " + line.note;
            ask_person(asker::host, {"notice", text, {}});
            begin_pause(text, true, now);
            return next_of_plan(now);
        }
        case line_use::wait:
            wait_for_heat(line.wait);
            goal_ = goal::file_wait;
            step_since_.reset();
            modes_ = line.after;
            if (!line.text.empty()) return send_of_file(line, now);
            return next_of_plan(now);
        }
    }
    return std::nullopt;
}

std::optional<wire_command> host_core::next_command(time_point now)
{
    if (!connected_ || halted_) return std::nullopt;
    if (!aside_.empty()) {
        std::string text = std::move(aside_.front());
        aside_.pop_front();
        return send_own(std::move(text), now);
    }
    if (console_ && !console_->tag) {
        note_modes(console_->command, modes_);
        auto command = send_own(console_->command, now);
        console_->tag = command.tag;
        return command;
    }
    if (auto question = next_card_question()) {
        auto command = send_own(*std::move(question), now);
        card_question_sent(command.tag);
        return command;
    }
    if (firmware_paused_) return std::nullopt; // it reads nothing; each line would only fill its queue
    if (!plan_.empty() || goal_ != goal::none) {
        if (auto command = next_of_plan(now)) return command;
        if (!plan_.empty() || goal_ != goal::none) return std::nullopt;
    }
    if (phase_ == phase::printing) return next_of_file(now);
    return std::nullopt;
}

} // namespace layerline::printer::serial
