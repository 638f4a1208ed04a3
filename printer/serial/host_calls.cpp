// What people and programs ask of the print host, each under its terms.
#include "printer/serial/host_core.hpp"

#include "printer/serial/hand_commands.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer::serial {
namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace

void host_core::answer(std::uint64_t ticket, std::variant<performed, printer_failure> what)
{
    if (auto* failure = std::get_if<printer_failure>(&what); failure && failure->detail.empty())
        failure->detail = std::string(row_of(failure->code).text);
    effects_.push_back(call_answered{ticket, std::move(what)});
}

printer_failure host_core::away_failure() const
{
    if (halted_) return {printer_errc::halted, "the firmware stopped itself: " + away_text_};
    return {port_open_ ? printer_errc::silent : away_, away_text_};
}

printer_failure host_core::wrong_state(std::string_view what) const
{
    return {printer_errc::wrong_state,
            std::string(what) + ": the printer is " + std::string(name_of(visible_phase()))};
}

std::optional<printer_failure> host_core::broken_terms(const host_call& request, time_point now) const
{
    if (request.deadline && now > *request.deadline)
        return printer_failure{printer_errc::late, "the command came after its time and was not carried out"};
    if (request.how.expected_state && *request.how.expected_state != visible_phase())
        return printer_failure{printer_errc::wrong_state,
                               "the command expected the printer to be " +
                                   std::string(name_of(*request.how.expected_state)) + ", it is " +
                                   std::string(name_of(visible_phase()))};
    if (request.how.expected_job && (!shown_job() || shown_job()->id != *request.how.expected_job))
        return printer_failure{printer_errc::wrong_state,
                               "the command was meant for another job; this one is " +
                                   (shown_job() ? shown_job()->id : "none")};
    return std::nullopt;
}

void host_core::call(host_call request, time_point now)
{
    const std::uint64_t ticket = request.ticket;
    outcome result;
    if (const auto* stop = std::get_if<emergency_stop>(&request.what))
        result = do_emergency_stop(*stop, ticket, now);
    else if (leaving_since_)
        result = printer_failure{printer_errc::host_gone, "the print host is being stopped"};
    else if (auto broken = broken_terms(request, now))
        result = *broken;
    else
        result = carry_out(request, now);
    if (request.source) effects_.push_back(source_to_drop{std::move(request.source)});
    if (auto* done = std::get_if<performed>(&result)) {
        if (!done->job_id && job_ && job_active()) done->job_id = job_->id;
        answer(ticket, std::move(*done));
    } else if (auto* failure = std::get_if<printer_failure>(&result))
        answer(ticket, std::move(*failure));
}

host_core::outcome host_core::carry_out(host_call& request, time_point now)
{
    if (auto why = out_of_bounds(request.what)) return *std::move(why);
    const std::string who = plain_ascii(request.how.principal, 60);
    return std::visit(
        overloaded{
            [&](const start_job&) { return do_start(request, now); },
            [&](const pause_job& what) { return do_pause(what, who, now); },
            [&](const resume_job&) { return do_resume(now); },
            [&](const cancel_job&) { return do_cancel(who, now); },
            [&](const home_axes& what) { return do_home(what, now); },
            [&](const set_temperature& what) { return do_set_temperature(what, now); },
            [&](const confirm_bed_clear&) { return do_bed_clear(now); },
            [&](const emergency_stop& what) { return do_emergency_stop(what, request.ticket, now); },
            [&](const move_axis& what) { return do_move(what, request.ticket); },
            [&](const extrude_filament& what) { return do_extrude(what); },
            [&](const set_fan& what) { return do_set(fan_command(what.share)); },
            [&](const set_speed& what) { return do_set(speed_command(what.factor)); },
            [&](const set_flow& what) { return do_set(flow_command(what.factor)); },
            [&](const babystep& what) { return do_babystep(what); },
            [&](const release_motors&) { return do_release_motors(); },
            [&](const level_bed&) { return do_level_bed(); },
            [&](const set_light& what) { return do_set_light(what); },
            [&](const set_power& what) { return do_set_power(what); },
            [&](const run_gcode&) { return do_run_gcode(request, now); },
            [&](const answer_prompt& what) { return do_answer_prompt(what, who, now); },
            [&](const list_card&) { return do_list_card(request, now); },
            [&](const run_macro&) -> outcome {
                return printer_failure{printer_errc::unsupported, "a printer on a serial port has no macros"};
            },
            [&](const exclude_object&) -> outcome {
                return printer_failure{printer_errc::unsupported,
                                       "objects cannot be left out of a print on a serial port"};
            }},
        request.what);
}

host_core::outcome host_core::do_start(host_call& request, time_point now)
{
    const auto& what = std::get<start_job>(request.what);
    if (job_active() || card_ || starting_)
        return wrong_state("a print can only begin when none is under way");
    if (!connected_) return away_failure();
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    if (foreign_)
        return printer_failure{printer_errc::wrong_state,
                               "another printer than before answers on this port (" +
                                   plain_ascii(firmware_->machine, 60) +
                                   "); start the print host once with --accept-fingerprint if that is meant"};
    const bool of_card = what.path.starts_with(card_root);
    if (of_card)
        if (auto why = no_card_start(what)) return *std::move(why);
    if (!of_card && !request.source)
        return printer_failure{printer_errc::no_such_file, "there is no file to print"};
    if (auto why = gate_.judge(what.bed_clear, now)) return *std::move(why);
    gate_.begun(now);
    // On the disk first: whoever dies from here on leaves a record that says so.
    durable_state next = kept_;
    if (!of_card) next.last_job = job_record{request.job_id, what.path, "running", {}};
    next.take(gate_.record());
    start_commit_ = next_commit_++;
    effects_.push_back(state_to_keep{next, start_commit_});
    starting_ = std::move(request);
    return std::monostate{};
}

void host_core::saved(std::uint64_t commit, const printer_result<void>& how, time_point now)
{
    if (!starting_ || commit != start_commit_) return;
    if (how && connected_ && !leaving_since_ && !starting_->source) {
        kept_.take(gate_.record());
        opening_ = card_opening{.until = starting_->deadline.value_or(now + settings_.console_wait)};
        return;
    }
    host_call request = std::move(*starting_);
    starting_.reset();
    std::optional<printer_failure> failure;
    if (!how)
        failure = how.error();
    else if (!connected_)
        failure = away_failure();
    else if (leaving_since_)
        failure = printer_failure{printer_errc::host_gone, "the print host is being stopped"};
    if (failure) {
        gate_.not_begun();
        keep(); // the record as it was before
        if (request.source) effects_.push_back(source_to_drop{std::move(request.source)});
        answer(request.ticket, std::move(*failure));
        return;
    }
    const auto& what = std::get<start_job>(request.what);
    kept_.last_job = job_record{request.job_id, what.path, "running", {}};
    kept_.take(gate_.record());
    job_.emplace();
    job_->id = request.job_id;
    job_->path = what.path;
    job_->size_bytes = request.source->facts().size_bytes;
    job_->layers = request.source->facts().layers;
    job_->done_bytes = 0;
    source_ = std::move(request.source);
    begin_job(now);
    answer(request.ticket, performed{.job_id = job_->id, .note = {}});
}

host_core::outcome host_core::do_pause(const pause_job& what, const std::string& who, time_point now)
{
    if (connected_ && card_) return pause_card();
    if (phase_ != phase::printing) return wrong_state("only a print under way can be paused");
    if (!connected_) return away_failure();
    begin_pause(who.empty() ? "paused by request" : "paused by " + who, what.park, now);
    return performed{};
}

host_core::outcome host_core::do_resume(time_point now)
{
    if (connected_ && card_) return resume_card(now);
    if (phase_ != phase::paused) return wrong_state("only a paused print can be resumed");
    if (!connected_) return away_failure();
    if (firmware_paused_) return resume_firmware(now);
    if (goal_ != goal::none) return wrong_state("the head is still moving by an earlier command");
    if (held_at_) return resume_held(now);
    if (motors_lost_)
        return printer_failure{
            printer_errc::wrong_state,
            "the steppers were off or the board was reset, so the head's place is not known "
            "any more; this print cannot be resumed"};
    nothing_asked();
    paused_at_printer_ = false;
    plan_ = plan_resume(settings_.parking, saved_);
    goal_ = goal::resume;
    step_since_.reset();
    set_phase(phase::resuming, {}, now);
    return performed{};
}

host_core::outcome host_core::do_cancel(const std::string& who, time_point now)
{
    if (connected_ && card_) return cancel_card(who, now);
    if (!job_active() || phase_ == phase::cancelling) return wrong_state("there is no print to cancel");
    if (!connected_) return away_failure();
    // A line of the file may hold the firmware in a wait of its own; this ends it.
    const bool held = firmware_paused_ || std::any_of(in_flight_.begin(), in_flight_.end(),
                                                      [](const sent_line& line) { return line.blocks; });
    if (held && has("EMERGENCY_PARSER")) urgent_.push_back("M108");
    if (takeover_) { // whoever says so need not wait until all was looked at
        moved_ = takeover_->point && takeover_->point->moved;
        if (takeover_->source) effects_.push_back(source_to_drop{std::move(takeover_->source)});
        takeover_.reset();
    }
    held_at_.reset();
    released_at_ = now;
    if (asker_ != asker::firmware) nothing_asked();
    const bool lift = moved_ && !saved_.lifted;
    end_hand_calls({printer_errc::refused, "the print was cancelled meanwhile"});
    firmware_paused_ = false;
    plan_ = plan_cancel(parking(), head(), heaters_, lift);
    goal_ = goal::cancel;
    step_since_.reset();
    drop_source();
    targets_.clear();
    set_phase(phase::cancelling, who.empty() ? "cancelled by request" : "cancelled by " + who, now);
    if (held && !has("EMERGENCY_PARSER"))
        return performed{
            .job_id = {},
            .note = "the printer is at work on a command of its own and reads nothing before that is "
                    "over; what it waits for is answered at its own panel"};
    return performed{};
}

host_core::outcome host_core::do_home(const home_axes& axes, time_point now)
{
    if (!connected_) return away_failure();
    if (job_active() || card_ || starting_ || phase_ == phase::error)
        return wrong_state("the printer cannot be homed now");
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    if (!axes.x && !axes.y && !axes.z)
        return printer_failure{printer_errc::out_of_range, "no axis was named"};
    if (axes.z)
        if (auto why = gate_.over_bed("Z is not homed over a part")) return *std::move(why);
    std::string text = "G28";
    if (!(axes.x && axes.y && axes.z)) {
        if (axes.x) text += " X";
        if (axes.y) text += " Y";
        if (axes.z) text += " Z";
    }
    (void)now;
    plan_ = {{.what = plan_step::kind::send, .text = std::move(text)},
             {.what = plan_step::kind::drain},
             {.what = plan_step::kind::position}};
    goal_ = goal::home;
    step_since_.reset();
    return performed{};
}

host_core::outcome host_core::do_set_temperature(const set_temperature& what, time_point now)
{
    if (!connected_) return away_failure();
    const std::string command = set_target_command(what.heater, what.celsius);
    if (command.empty()) return printer_failure{printer_errc::out_of_range, "there is no such heater"};
    if (!heaters_.empty() && !heater(what.heater))
        return printer_failure{printer_errc::unsupported, "this printer has no heater " + what.heater};
    const double most = what.heater == "bed"       ? settings_.max_bed_c
                        : what.heater == "chamber" ? settings_.max_chamber_c
                                                   : settings_.max_tool_c;
    if (!std::isfinite(what.celsius) || what.celsius < 0 || what.celsius > most)
        return printer_failure{
            printer_errc::out_of_range,
            "at most " + std::to_string(static_cast<int>(most)) +
                " C may be asked for here; the owner raises it with --max-tool, --max-bed or "
                "--max-chamber, or in [limits] of the print host's configuration"};
    if (what.celsius > 0 && phase_ == phase::error)
        return wrong_state("after a failure a person has to look and say that the bed is clear first");
    if (what.celsius > 0 && (phase_ == phase::cancelling || leaving_since_))
        return wrong_state("heaters are being switched off");
    if (aside_.size() >= 16) return printer_failure{printer_errc::refused, "too many commands are waiting"};
    aside_.push_back(command);
    if (what.celsius > 0) guard_.touched(now);
    for (auto& target : saved_.targets)
        if (target.name == what.heater) target.target_c = what.celsius;
    return performed{};
}

host_core::outcome host_core::do_bed_clear(time_point now)
{
    if (job_active() || card_ || starting_) return wrong_state("the bed is not clear while a print is on it");
    gate_.cleared();
    keep();
    if (phase_ == phase::error || phase_ == phase::finished || phase_ == phase::cancelled)
        set_phase(phase::idle, {}, now);
    return performed{};
}

} // namespace layerline::printer::serial
