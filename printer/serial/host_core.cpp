// The host's state as others see it, and small things that all of its parts use.
#include "printer/serial/host_core.hpp"

#include "printer/serial/line_policy.hpp"

#include <algorithm>

namespace layerline::printer::serial {

namespace {
constexpr std::size_t most_spare = 16, most_log_text = 400;
}

host_core::host_core(host_settings settings, durable_state kept, left_print left)
    : settings_(settings), kept_(std::move(kept)), gate_(settings_.starts_an_hour, kept_.bed()),
      guard_(settings_.guards)
{
    spare_texts_.reserve(most_spare);
    for (std::size_t at = 0; at < most_spare; ++at)
        spare_texts_.emplace_back().reserve(most_log_text);
    heaters_.reserve(most_heaters);
    rises_.reserve(most_heaters);
    line_.text.reserve(settings_.max_line);
    away_text_ = "the port was not opened yet";
    if (!kept_.last_job || kept_.last_job->outcome != "running") return;
    if (left.journal && left.journal->job.id == kept_.last_job->id && left.journal->job.boot == kept_.boot) {
        begin_takeover(std::move(left));
        return;
    }
    // The last host died in a print and left nothing to go on from: the job is lost, and it is said.
    kept_.last_job->outcome = "failed";
    kept_.last_job->detail = "the print host was restarted in the middle of this print";
    job_.emplace();
    job_->id = kept_.last_job->id;
    job_->path = kept_.last_job->path;
    if (left.progress && left.progress->job.id == job_->id) {
        const auto& entry = left.progress->entry;
        reached_line_ = entry.point.line;
        job_->layer = entry.point.layer;
        job_->z_mm = entry.point.axes[2];
        kept_.last_job->detail += "; it had got to about " + reached_text();
    }
    phase_ = phase::error;
    reason_ = "the print of " + kept_.last_job->path + " was lost: " + kept_.last_job->detail;
    keep();
}

host_core::~host_core() = default;

bool host_core::job_active() const
{
    switch (phase_) {
    case phase::printing:
    case phase::pausing:
    case phase::paused:
    case phase::resuming:
    case phase::cancelling:
        return true;
    default:
        return false;
    }
}

phase host_core::visible_phase() const
{
    if (connected_ && card_) return card_phase();
    if (connected_ || phase_ == phase::error || job_active()) return phase_;
    return port_open_ && !halted_ ? phase::connecting : phase::offline;
}

void host_core::set_phase(phase next, std::string reason, time_point now)
{
    const bool runs = next == phase::printing || next == phase::pausing;
    if (runs && !running_since_) running_since_ = now;
    if (!runs && running_since_) {
        elapsed_ += now - *running_since_;
        running_since_.reset();
    }
    paused_since_ = next == phase::paused ? std::optional(now) : std::nullopt;
    phase_ = next;
    // What was asked on behalf of a job ends with it; a question of the firmware's, and a notice, do not.
    if (!job_active() && wants_ && wants_->kind != "notice" && asker_ != asker::firmware) nothing_asked();
    reason_ = plain_ascii(reason, 300);
    guard_.set_need(job_active() || card_  ? heat_guard::need::job
                    : next == phase::error ? heat_guard::need::failed
                                           : heat_guard::need::none,
                    now);
    std::string text(name_of(next));
    if (!reason_.empty()) text += ": " + reason_;
    log(next == phase::error, std::move(text));
}

void host_core::log(bool warning, std::initializer_list<std::string_view> parts)
{
    log_entry entry{warning, {}};
    if (!spare_texts_.empty()) {
        entry.text = std::move(spare_texts_.back());
        spare_texts_.pop_back();
        entry.text.clear();
    }
    for (const auto part : parts)
        append_plain_ascii(entry.text, part, most_log_text);
    effects_.push_back(std::move(entry));
}

void host_core::reuse(log_entry&& done)
{
    if (spare_texts_.size() < most_spare) spare_texts_.push_back(std::move(done.text));
}

void host_core::bed_was(bed_event what)
{
    if (gate_.take_away(what)) keep();
}

void host_core::keep()
{
    kept_.take(gate_.record());
    effects_.push_back(state_to_keep{kept_, std::nullopt});
}

void host_core::port_is(port_state where, std::string usb)
{
    port_ = std::move(where);
    port_usb_ = std::move(usb);
    if (connected_) keep_port();
}

// Where the printer answered: there it is looked for the next time.
void host_core::keep_port()
{
    if (!port_ || foreign_) return;
    const port_memory seen{port_->baud, port_usb_};
    if (kept_.port == seen) return;
    kept_.port = seen;
    keep();
}

const heater_state* host_core::heater(std::string_view name) const
{
    const auto found =
        std::find_if(heaters_.begin(), heaters_.end(), [&](const heater_state& h) { return h.name == name; });
    return found == heaters_.end() ? nullptr : &*found;
}

std::string host_core::tool_name(int tool) const
{
    return "tool" + std::to_string(tool < 0 ? modes_.tool : tool);
}

bool host_core::has(std::string_view capability) const
{
    return firmware_ && std::find(firmware_->capabilities.begin(), firmware_->capabilities.end(),
                                  capability) != firmware_->capabilities.end();
}

park_settings host_core::parking() const
{
    park_settings all = settings_.parking;
    all.motors_by_time = family().motors_by_time;
    return all;
}

std::optional<effect> host_core::next_effect()
{
    if (effects_.empty()) return std::nullopt;
    effect next = std::move(effects_.front());
    effects_.pop_front();
    return next;
}

std::optional<std::string> host_core::next_urgent()
{
    if (urgent_.empty() || !port_open_) return std::nullopt;
    std::string next = std::move(urgent_.front());
    urgent_.pop_front();
    return next;
}

const link_capabilities& host_core::capabilities()
{
    const auto now = abilities();
    if (limits_of_ == now) return limits_;
    limits_of_ = now;
    std::optional<travel_area> travel = firmware_ ? firmware_->travel : std::nullopt;
    if (const auto& area = settings_.parking.area)
        travel = travel_area{area->x_min, area->x_max, area->y_min, area->y_max, area->z_max};
    limits_ = {.serial = true,
               .emergency_parser = has("EMERGENCY_PARSER"),
               .max_tool_c = settings_.max_tool_c,
               .max_bed_c = settings_.max_bed_c,
               .max_chamber_c = settings_.max_chamber_c,
               .offers = offers(),
               .travel = travel};
    return limits_;
}

void host_core::estimate_left(job_state& job, const read_so_far& read, double elapsed_s)
{
    const job_facts& facts = source_->facts();
    print_progress known;
    known.elapsed_s = elapsed_s;
    if (done_seconds_ > 0 && !moving_since_s_) moving_since_s_ = elapsed_s;
    if (moving_since_s_) known.moving_s = elapsed_s - *moving_since_s_;
    known.whole_s = read.complete ? read.seconds : read.whole_seconds;
    known.done_s = done_seconds_;
    known.slicer_whole_s = facts.seconds;
    known.slicer_left_s = slicer_left_;
    if (facts.size_bytes > 0)
        known.byte_share =
            static_cast<double>(job.done_bytes.value_or(0)) / static_cast<double>(facts.size_bytes);
    job.left_s = left_.update(known);
}

const printer_state& host_core::state(time_point now)
{
    printer_state& state = next_told_; // every member is set, or was never set
    state.now = visible_phase();
    state.reason = reason_;
    if (const auto waiting = waiting_text(); !waiting.empty())
        state.reason += (state.reason.empty() ? "" : "; ") + waiting;
    state.away.reset();
    if (!connected_) {
        state.away = halted_ ? printer_errc::halted : away_;
        if (state.now == phase::offline || state.now == phase::connecting)
            state.reason = away_text_;
        else if (phase_ == phase::error && !away_text_.empty())
            state.reason += "; now " + away_text_;
    }
    state.heaters = heaters_;
    state.position = position_;
    state.homed = homed_;
    state.fan = fan_;
    state.speed_factor = speed_factor_;
    state.flow_factor = flow_factor_;
    state.z_offset_mm.reset();
    if (connected_ && has("BABYSTEPPING")) state.z_offset_mm = babysteps_mm_;
    state.lights.resize(connected_ && has("TOGGLE_LIGHTS") ? 1 : 0);
    if (!state.lights.empty()) {
        state.lights.front().name = "case";
        state.lights.front().on = case_light_;
    }
    state.firmware = firmware_;
    if (connected_)
        state.port = port_;
    else
        state.port.reset();
    state.wants = wants_;
    if (job_active() && !crash_trouble_.empty())
        state.no_crash_resume = crash_trouble_;
    else
        state.no_crash_resume.reset();
    state.bed_clear = gate_.clear() && !job_active() && !card_;
    if (card_) {
        state.job = card_->job;
        state.job->elapsed_s =
            static_cast<double>(static_cast<long>(std::chrono::duration<double>(now - card_->since).count()));
    } else if (job_) {
        state.job = job_;
        auto& job = *state.job;
        if (source_) {
            const read_so_far read = source_->progress();
            const job_facts& facts = source_->facts();
            // By time once the whole file's is known, by bytes before that.
            const auto total = read.complete ? std::optional(read.seconds) : read.whole_seconds;
            if (total && *total > 0)
                job.progress = std::min(1.0, done_seconds_ / *total);
            else if (facts.size_bytes > 0)
                job.progress =
                    static_cast<double>(job.done_bytes.value_or(0)) / static_cast<double>(facts.size_bytes);
            // What was shown is not taken back when the better estimate takes over.
            if (told_.job && told_.job->id == job.id && told_.job->progress)
                job.progress = std::max(*told_.job->progress, job.progress.value_or(0));
        }
        auto elapsed = elapsed_;
        if (running_since_) elapsed += now - *running_since_;
        if (source_) estimate_left(job, source_->progress(), elapsed.count());
        // Whole seconds: a state that differs in nothing else is no news.
        if (source_ || elapsed.count() > 0)
            job.elapsed_s = static_cast<double>(static_cast<long>(elapsed.count()));
        if (job.left_s) job.left_s = static_cast<double>(static_cast<long>(*job.left_s));
    } else
        state.job.reset();
    state.sequence = told_.sequence;
    state.age_ms = told_.age_ms;
    if (!(state == told_)) ++state.sequence;
    if (was_heard_)
        state.age_ms = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last_word_).count());
    std::swap(told_, next_told_);
    return told_;
}

} // namespace layerline::printer::serial
