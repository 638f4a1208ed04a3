// What needs a person: waits and prompts of the firmware, pauses that a file or the printer's own panel asks
// for, filament that ran out. Firmware text is shown; what it may set in motion is listed here, and ending a
// print is not in it.
#include "printer/serial/host_core.hpp"

#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <array>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

namespace {

// A wait is said again every few seconds: without a word for this long it is over, or was never one.
constexpr auto wait_memory = 10s;
// Firmware that ran out of filament pauses by itself, mostly; if not by then, we do.
constexpr auto runout_patience = 10s;
// An answer that acts too early is lost, so that a cancel gives it again; not more often than this.
constexpr auto answer_again = 2s;

constexpr std::size_t most_buttons = 10;

// The button that lets a paused print go on.
std::optional<std::size_t> button_to_go_on(const std::vector<std::string>& buttons)
{
    constexpr std::array<std::string_view, 4> names{"Continue", "Resume", "Reheat", "Ok"};
    for (const auto name : names) {
        const auto found = std::find(buttons.begin(), buttons.end(), name);
        if (found != buttons.end()) return static_cast<std::size_t>(found - buttons.begin());
    }
    return buttons.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
}

std::string_view first_word(std::string_view text)
{
    return text.substr(0, text.find(' '));
}

} // namespace

void host_core::ask_person(asker who, attention what)
{
    asker_ = who;
    wants_ = std::move(what);
}

void host_core::nothing_asked()
{
    asker_ = asker::nobody;
    wants_.reset();
}

// The firmware's question is over; one of ours stays.
void host_core::end_prompt()
{
    prompt_text_.clear();
    prompt_buttons_.clear();
    if (asker_ == asker::firmware) nothing_asked();
}

bool host_core::waits_for_person(time_point now) const
{
    return firmware_paused_ || (user_busy_at_ && now - *user_busy_at_ < wait_memory);
}

void host_core::firmware_pauses(const std::string& why, bool told, time_point now)
{
    firmware_paused_ = true;
    pause_told_ = told;
    firmware_paused_at_ = now;
    set_phase(phase::paused, why, now);
}

void host_core::firmware_resumes(time_point now)
{
    firmware_paused_ = pause_told_ = false;
    user_busy_at_.reset();
    runout_since_.reset();
    end_prompt();
    last_progress_ = now;
    // A pause of ours that it had cut short goes on where it was.
    set_phase(goal_ == goal::standstill ? phase::pausing : phase::printing, {}, now);
}

// Lines are accepted again: a wait that showed in nothing but "busy" is over, and so is a question that
// nobody has to answer.
void host_core::line_was_accepted(time_point now)
{
    busy_since_.reset();
    if (firmware_paused_ && !pause_told_) firmware_resumes(now);
    if (firmware_paused_ || asker_ != asker::firmware || !wants_) return;
    user_busy_at_.reset();
    const bool ending = phase_ == phase::cancelling || leaving_since_; // every question of its was answered
    const bool told_only = wants_->buttons.size() == 1 && wants_->buttons.front() == "Dismiss";
    if (wants_->kind == "user_wait" || told_only || ending) end_prompt();
}

void host_core::on(const busy& what, time_point now)
{
    busy_seen_ = true;
    if (takeover_) (what.for_user ? void(takeover_->waits_for_user = true) : void(takeover_->moved_at = now));
    last_progress_ = now;
    if (!busy_since_) busy_since_ = now;
    if (!what.for_user) {
        // It works again: what comes next it will ask anew.
        user_busy_at_.reset();
        if (asker_ == asker::firmware && wants_ && wants_->kind == "user_wait") end_prompt();
        return;
    }
    user_busy_at_ = now;
    release_when_ending(now);
    if ((phase_ == phase::printing || phase_ == phase::pausing) && !firmware_paused_)
        firmware_pauses("the printer waits for a person", false, now);
    if (!wants_ || wants_->kind == "notice")
        ask_person(asker::firmware, {"user_wait", "the printer waits for a person", {"Continue"}});
    release_when_ending(now);
}

// A print that is being ended answers each wait of the firmware's that is still in its way.
void host_core::release_when_ending(time_point now)
{
    const bool ending = phase_ == phase::cancelling || leaving_since_;
    if (!ending || !has("EMERGENCY_PARSER") || !urgent_.empty()) return;
    if (released_at_ && now - *released_at_ < answer_again) return;
    released_at_ = now;
    urgent_.emplace_back("M108");
}

void host_core::on(const host_action& what, time_point now)
{
    const std::string text = plain_ascii(what.text, 200);
    const std::string_view view(text), word = first_word(view);
    const std::string_view rest = view.size() > word.size() ? view.substr(word.size() + 1) : "";
    const bool runout = rest.starts_with("filament_runout");
    if (runout || word == "out_of_filament" || word == "filament_runout") {
        if (!(asker_ == asker::firmware && wants_ && wants_->kind == "prompt"))
            ask_person(asker::host, {"runout", "the printer ran out of filament", {"Continue"}});
        if (phase_ == phase::printing && !firmware_paused_) runout_since_ = now;
    }
    if (card_action(word, now)) return;
    const char* why = runout ? "the printer ran out of filament" : nullptr;
    if (word == "paused" && (phase_ == phase::printing || phase_ == phase::pausing))
        firmware_pauses(why ? why : "the printer paused by itself", true, now);
    else if (view == "resumed" && phase_ == phase::paused && firmware_paused_)
        firmware_resumes(now);
    else if (word == "pause" && phase_ == phase::printing) {
        begin_pause(why ? why : "paused at the printer", true, now);
        paused_at_printer_ = true;
    } else if (view == "resume" && phase_ == phase::paused && !firmware_paused_)
        resume_pressed(now);
    else if (view == "cancel" && job_active() && phase_ != phase::cancelling)
        cancel_pressed(now);
    else if (word == "prompt_begin") {
        end_prompt();
        prompt_text_ = rest;
    } else if (word == "prompt_text") {
        if (prompt_text_.size() < 400) (prompt_text_ += prompt_text_.empty() ? "" : "\n") += rest;
    } else if (word == "prompt_button" || word == "prompt_choice") {
        if (prompt_buttons_.size() < most_buttons) prompt_buttons_.emplace_back(rest);
    } else if (view == "prompt_show") {
        ask_person(asker::firmware, {"prompt", prompt_text_, prompt_buttons_});
        release_when_ending(now);
    } else if (view == "prompt_end")
        end_prompt();
    else if (word == "notification") {
        if (!wants_) ask_person(asker::host, {"notice", std::string(rest), {}});
    } else if (!runout && word != "out_of_filament" && word != "filament_runout" && word != "paused" &&
               word != "resumed")
        log(false, "the printer asks the host for \"" + text + "\"; nothing was done");
}

// Whoever pressed it stands at the printer; so may whoever paused it from elsewhere to reach into it.
void host_core::resume_pressed(time_point now)
{
    const bool asked_there = wants_ && (wants_->kind == "user_wait" || wants_->kind == "runout");
    if (paused_at_printer_ || asked_there) {
        (void)do_resume(now);
        return;
    }
    ask_person(asker::host,
               {"prompt", "Resume was pressed at the printer. Go on with the print?", {"Go on"}});
}

// Text of the firmware ends no print: it is paused, and whoever asked for it says so a second time.
void host_core::cancel_pressed(time_point now)
{
    if (phase_ == phase::printing) begin_pause("cancel was pressed at the printer", true, now);
    ask_person(asker::panel, {"prompt",
                              "Cancel was pressed at the printer. Cancel the print?",
                              {"Cancel the print", "Go on with the print"}});
}

void host_core::check_runout(time_point now)
{
    if (!runout_since_) return;
    if (phase_ != phase::printing || firmware_paused_) {
        runout_since_.reset();
        return;
    }
    if (now - *runout_since_ < runout_patience) return;
    runout_since_.reset();
    begin_pause("the printer ran out of filament", true, now);
}

// A line of the file that the firmware should have stopped at, and does not know.
void host_core::filament_change_by_hand(time_point now)
{
    if (phase_ != phase::printing || firmware_paused_) return;
    ask_person(asker::host,
               {"user_wait",
                "the file asks for a change of filament, which this firmware does not know: change "
                "it by hand, then go on",
                {"Continue"}});
    begin_pause("the file asks for a change of filament", true, now);
}

// Lets a firmware go on that holds the print itself. It reads nothing but what is urgent, and loses even that
// while it is still moving: an answer is given to a question, or to a wait that it told of.
host_core::outcome host_core::resume_firmware(time_point now)
{
    const bool silent = !wants_ || asker_ != asker::firmware;
    if (!family().go_on.empty() && pause_told_ && silent) {
        aside_.emplace_back(family().go_on);
        return performed{.job_id = {}, .note = "the printer paused by itself; it was told to go on"};
    }
    if (!has("EMERGENCY_PARSER"))
        return printer_failure{
            printer_errc::unsupported,
            "the printer waits by itself, and its firmware reads nothing meanwhile: go on at "
            "the printer's own panel"};
    const performed told{.job_id = {}, .note = "the printer paused by itself; it was told to go on"};
    if (asker_ == asker::firmware && wants_ && wants_->kind == "prompt" && !wants_->buttons.empty()) {
        const auto button = button_to_go_on(wants_->buttons);
        if (!button)
            return wrong_state("the printer asks \"" + wants_->text + "\": choose one of its answers");
        urgent_.push_back("M876 S" + std::to_string(*button));
        end_prompt();
        return told;
    }
    const bool waits = user_busy_at_ && now - *user_busy_at_ < wait_memory;
    if (!waits && now - firmware_paused_at_ < wait_memory)
        return wrong_state("the printer is still at work on its own pause; it will ask when it can go on");
    urgent_.emplace_back("M108");
    if (asker_ == asker::firmware) end_prompt();
    return told;
}

host_core::outcome host_core::do_answer_prompt(const answer_prompt& what, const std::string& who,
                                               time_point now)
{
    if (!connected_) return away_failure();
    if (!wants_ || wants_->kind == "notice") return wrong_state("nothing was asked");
    const auto choices = std::max<std::size_t>(1, wants_->buttons.size());
    if (what.choice < 0 || static_cast<std::size_t>(what.choice) >= choices)
        return printer_failure{printer_errc::out_of_range,
                               "there are " + std::to_string(choices) + " choices, counted from 0"};
    if (asker_ == asker::panel && what.choice == 0) return do_cancel(who, now);
    if (asker_ == asker::host || asker_ == asker::panel) return do_resume(now);
    if (!has("EMERGENCY_PARSER"))
        return printer_failure{
            printer_errc::unsupported,
            "this firmware reads nothing while it waits: answer at the printer's own panel"};
    if (urgent_.size() >= 4) return printer_failure{printer_errc::refused, "too many commands are waiting"};
    const bool prompt = wants_->kind == "prompt" && !prompt_buttons_.empty();
    urgent_.push_back(prompt ? "M876 S" + std::to_string(what.choice) : "M108");
    end_prompt();
    return performed{};
}

} // namespace layerline::printer::serial
