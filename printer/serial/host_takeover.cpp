// A print whose host died: what a successor will need is noted with each line, and what a predecessor left is
// looked at before anything moves (takeover_plan.hpp decides).
#include "printer/serial/host_core.hpp"

#include "printer/serial/line_policy.hpp"
#include "printer/serial/takeover_plan.hpp"

#include <algorithm>

namespace layerline::printer::serial {

namespace {

constexpr std::array axis_names{'x', 'y', 'z'};
// Questions of the protocol's own may have been numbered after the last note; far above all of them.
constexpr std::uint64_t surely_unused = 1000;

} // namespace

// --- for a successor

print_wish host_core::wish() const
{
    if (takeover_) return takeover_->journal.wish; // as it was: this process may die in the middle of it, too
    switch (phase_) {
    case phase::pausing:
    case phase::paused:
    case phase::resuming:
        return print_wish::hold;
    case phase::cancelling:
        return print_wish::cancel;
    default:
        return print_wish::go_on;
    }
}

void host_core::note_sent(const prepared_line* line, time_point now)
{
    // A pause's own moves and temperatures are not where the print goes on.
    if (!journal_ || !job_ || takeover_ || wish() != print_wish::go_on) return;
    resume_point& p = point_;
    if (goal_ == goal::begin)
        p.at = print_step::beginning;
    else if (goal_ == goal::file_wait) {
        p.at = print_step::waiting;
        if (!plan_.empty() && plan_.front().what == plan_step::kind::heat) p.wait = plan_.front().wait;
    } else if (goal_ == goal::finish)
        p.at = print_step::finishing;
    else if (goal_ == goal::none && phase_ == phase::printing)
        p.at = print_step::printing;
    if (line != nullptr) {
        p.offset = line->end_offset;
        p.line = line->number;
        p.axes = line->axes;
        p.placed = line->placed;
        p.e_mm = line->e_mm;
        p.modes = line->after;
        p.layer = line->layer;
        p.layers_by_comments = line->layers_by_comments;
        p.seconds = line->seconds;
        p.slicer_left_s = line->slicer_left_s;
    }
    p.homed = 0;
    p.moved = moved_;
    p.lines_acknowledged = job_->lines_acknowledged;
    for (std::size_t axis = 0; axis < axis_names.size(); ++axis)
        if (homed_.find(axis_names[axis]) != std::string::npos)
            p.homed |= static_cast<std::uint8_t>(1U << axis);
    for (const auto& sent : in_flight_) {
        if (sent.of_file) ++p.lines_acknowledged; // by the time that this one is accepted
        for (const char axis : sent.homes)
            p.homed |= static_cast<std::uint8_t>(1U << (axis - 'x'));
        if (sent.frees) p.homed = 0;
    }
    p.resends = job_->resends;
    auto elapsed = elapsed_;
    if (running_since_) elapsed += now - *running_since_;
    p.elapsed_s = elapsed.count();
    p.fan = fan_;
    p.speed_factor = speed_factor_;
    p.flow_factor = flow_factor_;
    for (const auto& known : heaters_)
        if (const auto slot = resume_point::slot_of(known.name))
            p.heaters[*slot] = {known.target_c, known.actual_c};
    for (const auto& [name, target] : targets_) // newer than what was told
        if (const auto slot = resume_point::slot_of(name)) p.heaters[*slot].target_c = target;
}

std::string host_core::reached_text() const
{
    return job_ ? place_text(reached_line_, job_->layer, job_->z_mm) : std::string();
}

// --- as a successor

void host_core::begin_takeover(left_print left)
{
    takeover_.emplace(
        takeover_state{.journal = std::move(*left.journal), .point = {}, .source = {}, .file_trouble = {}});
    const auto& newest = takeover_->journal.entries.back().point;
    takeover_->moved_at = time_point(std::chrono::nanoseconds(takeover_->journal.beat_ns));
    job_.emplace();
    job_->id = kept_.last_job->id;
    job_->path = kept_.last_job->path;
    job_->size_bytes = takeover_->journal.job.file.size;
    job_->layer = newest.layer;
    job_->z_mm = newest.axes[2];
    reached_line_ = newest.line;
    phase_ = phase::resuming;
    reason_ = "the print host died in the middle of this print; what it left is being looked at";
    log(true, reason_);
}

std::uint64_t host_core::unused_number() const
{
    return takeover_ ? takeover_->journal.next_number + surely_unused : surely_unused;
}

void host_core::on(const rejoined& what, time_point)
{
    if (!takeover_) return;
    const auto* found = find_point(takeover_->journal, what.last_line);
    log(false, "the printer took line " + std::to_string(what.last_line) + " last");
    if (found == nullptr) return; // judged once the printer has said who it is
    takeover_->point = *found;
    point_ = *found;
    reached_line_ = found->line;
    job_->layer = found->layer;
    job_->z_mm = found->axes[2];
    // The journal begins anew behind that line, before a line of ours takes the number of one that was lost.
    journal_ = takeover_->journal.job;
    const bool same_place = journal_->taken_over > 0 && journal_->taken_over_at == found->offset;
    journal_->taken_over = same_place ? journal_->taken_over + 1 : 1;
    journal_->taken_over_at = found->offset;
    ++journal_epoch_;
    effects_.push_back(source_wanted{job_->path, *found});
}

void host_core::look_around()
{
    plan_ = {{.what = plan_step::kind::position}};
    goal_ = goal::look;
    step_since_.reset();
}

void host_core::source_opened(printer_result<std::shared_ptr<line_source>> source, time_point now)
{
    if (!takeover_) {
        if (source) effects_.push_back(source_to_drop{std::move(*source)});
        return;
    }
    if (!source)
        takeover_->file_trouble = source.error().detail;
    else if (!((*source)->facts().file == takeover_->journal.job.file)) {
        takeover_->file_trouble = "the file is not the one that was being printed any more";
        effects_.push_back(source_to_drop{std::move(*source)});
    } else
        takeover_->source = std::move(*source);
    judge_takeover_now(now);
}

void host_core::judge_takeover_now(time_point now)
{
    const bool file_known = takeover_->source || !takeover_->file_trouble.empty() || !takeover_->point;
    if (!connected_ || !takeover_->looked || heaters_.empty() || !file_known) return;
    takeover_facts facts;
    facts.same_port = port_kept_;
    facts.same_printer = !foreign_;
    facts.point = takeover_->point;
    facts.wish = takeover_->journal.wish;
    facts.file_trouble = takeover_->file_trouble;
    facts.still = std::chrono::duration_cast<std::chrono::milliseconds>(now - takeover_->moved_at);
    facts.waits_for_user = takeover_->waits_for_user;
    facts.position_told = position_seen_;
    facts.at = position_;
    facts.heaters = heaters_;
    const auto& job = takeover_->journal.job;
    if (facts.point && job.taken_over_at == facts.point->offset) facts.deaths_here = job.taken_over;
    const auto verdict = judge_takeover(facts);
    if (verdict.what == takeover::give_up) {
        moved_ = false; // nothing moves by itself
        fail_job("the print host died in the middle of this print, which cannot go on: " + verdict.why, false,
                 now);
        return;
    }
    const resume_point point = *takeover_->point;
    source_ = std::move(takeover_->source);
    takeover_.reset();
    go_on_from(point, now);
    if (verdict.what == takeover::ask) return hold_for_person(verdict.why, now);
    set_phase(phase::printing, {}, now);
    log(true, "the print goes on behind line " + std::to_string(point.line) +
                  " of the file; the head stood still for at most " + std::to_string(facts.still.count()) +
                  " ms");
}

// Everything as it was after that line.
void host_core::go_on_from(const resume_point& point, time_point now)
{
    modes_ = point.modes;
    moved_ = point.moved;
    motors_lost_ = firmware_paused_ = stood_by_ = false;
    homed_.clear();
    for (std::size_t axis = 0; axis < axis_names.size(); ++axis)
        if ((point.homed & (1U << axis)) != 0) homed_ += axis_names[axis];
    targets_.clear();
    for (std::size_t slot = 0; slot < resume_point::most_heaters; ++slot)
        if (point.heaters[slot].target_c)
            targets_[resume_point::heater_in(slot)] = *point.heaters[slot].target_c;
    fan_ = point.fan;
    speed_factor_ = point.speed_factor;
    flow_factor_ = point.flow_factor;
    done_seconds_ = point.seconds;
    slicer_left_ = point.slicer_left_s;
    moving_since_s_.reset();
    left_.begin();
    elapsed_ = std::chrono::duration<double>(point.elapsed_s);
    job_->layers = source_->facts().layers;
    job_->size_bytes = source_->facts().size_bytes;
    job_->done_bytes = point.offset;
    job_->lines_acknowledged = point.lines_acknowledged;
    job_->resends = point.resends;
    last_progress_ = now;
    goal_ = goal::none;
    plan_.clear();
    step_since_.reset();
    if (point.at == print_step::beginning) {
        plan_ = plan_begin(parking());
        goal_ = goal::begin;
    } else if (point.at == print_step::waiting) {
        plan_.push_back({.what = plan_step::kind::heat, .text = {}, .wait = point.wait});
        goal_ = goal::file_wait;
    }
}

void host_core::hold_for_person(std::string why, time_point now)
{
    plan_.clear();
    goal_ = goal::none;
    held_at_ = point_;
    const auto place = reached_text();
    const std::string text = "the print host died in the middle of this print" +
                             (place.empty() ? "" : " at " + place) + "; " + why +
                             ". Look at the part, then resume or cancel";
    set_phase(phase::paused, text, now);
    ask_person(asker::host, {"takeover", text, {}});
    guard_.set_need(heat_guard::need::failed, now); // nobody may come for hours
}

// From wherever the head is: heat, up, over, down, as the file left it.
host_core::outcome host_core::resume_held(time_point now)
{
    const resume_point point = *std::exchange(held_at_, std::nullopt);
    nothing_asked();
    go_on_from(point, now);
    if (point.at != print_step::beginning) {
        saved_ = {};
        saved_.modes = point.modes;
        const auto axis = [&](unsigned at) {
            return (point.placed & (1U << at)) != 0 ? point.axes[at] : std::nullopt;
        };
        saved_.at = {axis(0), axis(1), axis(2), point.e_mm};
        saved_.jogged = true;
        saved_.lifted = saved_.at.z_mm.has_value();
        saved_.parked = saved_.at.x_mm && saved_.at.y_mm && point.homed == 7;
        for (std::size_t slot = 0; slot < resume_point::most_heaters; ++slot)
            if (const auto target = point.heaters[slot].target_c; target && *target > 0)
                saved_.targets.push_back({resume_point::heater_in(slot), {}, target});
        plan_ = plan_resume(settings_.parking, saved_);
    }
    goal_ = goal::resume;
    step_since_.reset();
    set_phase(phase::resuming, {}, now);
    return performed{};
}

} // namespace layerline::printer::serial
