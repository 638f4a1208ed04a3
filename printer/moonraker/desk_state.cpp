// The desk's picture of the printer: Klipper's words and fields as phases, and one print told from the next.
#include "printer/moonraker/moonraker_desk.hpp"

#include "printer/moonraker/host_lists.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::chrono::seconds fault_counts_for{10}; // as the reason of a cancel that follows it
constexpr std::size_t longest_reason = 600;
constexpr std::size_t longest_file = 1024;

// Whether two states differ in what a viewer sees: sequence and age are bookkeeping.
bool same_news(printer_state a, printer_state b)
{
    a.sequence = b.sequence = 0;
    a.age_ms.reset();
    b.age_ms.reset();
    return a == b;
}

std::string words_in(const json& object, const char* name, std::size_t limit)
{
    if (!object.is_object()) return {};
    const auto at = object.find(name);
    if (at == object.end() || !at->is_string()) return {};
    return at->get_ref<const std::string&>().substr(0, limit);
}

} // namespace

std::optional<phase> moonraker_desk::base_phase() const
{
    const auto word = objects_.text("print_stats", "state");
    if (word == "standby") return phase::idle;
    if (word == "printing") return phase::printing;
    if (word == "paused") return phase::paused;
    if (word == "complete") return phase::finished;
    if (word == "cancelled") return phase::cancelled;
    if (word == "error") return phase::error;
    return std::nullopt;
}

// What Klipper says, under what was asked of it and is not done yet.
phase moonraker_desk::shown_phase(phase base, time_point now)
{
    if (overlay_ && overlay_->answered && now - *overlay_->answered >= settings_.settle_within)
        overlay_.reset();
    if (overlay_) {
        const bool open = !overlay_->answered;
        const bool runs = base == phase::printing || base == phase::paused;
        switch (overlay_->kind) {
        case call_kind::pause: // Klipper says `paused` before the head is parked
            if (base == phase::printing || (open && base == phase::paused)) return phase::pausing;
            break;
        case call_kind::resume: // after its "ok" Klipper still says `paused` for a moment
            if (base == phase::paused) return phase::resuming;
            break;
        case call_kind::cancel:
            if (runs || (open && base == phase::cancelled)) return phase::cancelling;
            break;
        default:
            break;
        }
        overlay_.reset();
    }
    // A person has seen to it, or begins another: the end of the last print is no news any more.
    const bool over = base == phase::finished || base == phase::cancelled || base == phase::error;
    return over && (gate_.clear() || end_seen_ || start_) ? phase::idle : base;
}

void moonraker_desk::publish(time_point now)
{
    if (start_ && start_->answered && now - *start_->answered >= settings_.settle_within) start_.reset();
    auto news = known_;
    news.away.reset();
    news.reason.clear();
    if (online_ && following_) objects_.describe(news);
    if (!online_) {
        news.now = phase::offline;
        news.away = away_;
        news.reason = klippy_words_;
    } else if (klippy_ == klippy::disconnected) {
        news.now = phase::offline;
        news.away = printer_errc::host_gone;
        news.reason = "Klipper is not running: Moonraker answers, but has no connection to it.";
    } else if (klippy_ == klippy::shutdown || klippy_ == klippy::error) {
        // print_stats says `paused` after an emergency stop: it is not asked.
        news.now = phase::error;
        news.reason = !klippy_words_.empty()        ? klippy_words_
                      : klippy_ == klippy::shutdown ? "Klipper has shut down."
                                                    : "Klipper could not start.";
    } else if (const auto base = base_phase(); klippy_ == klippy::ready && following_ && base) {
        news.now = shown_phase(*base, now);
        if (news.now == phase::error || news.now == phase::cancelled) news.reason = job_facts_.end_reason;
        if (news.now == phase::error && news.reason.empty())
            news.reason = plain_words(objects_.text("print_stats", "message"), longest_reason);
    } else {
        news.now = phase::connecting;
        news.reason = klippy_ == klippy::startup
                          ? (klippy_words_.empty() ? "Klipper is starting." : klippy_words_)
                          : "Moonraker is being asked for the printer's state.";
    }
    if (!klippy_version_.empty())
        news.firmware = firmware_info{"Klipper " + klippy_version_, host_name_, {}, {}};
    news.job = job_;
    news.bed_clear = gate_.clear();
    news.wants = wants_;
    if (const auto* prompt = console_.prompt()) {
        news.wants = attention{"prompt", prompt->text};
        for (const auto& button : prompt->buttons)
            news.wants->buttons.push_back(button.label);
    } else if (news.now == phase::paused && !wants_) {
        if (const auto sensor = objects_.empty_sensor(); !sensor.empty())
            news.wants = attention{"runout", "The filament sensor " + sensor + " sees no filament."};
    }
    if (news.now == phase::paused && news.reason.empty()) news.reason = pause_reason_;
    const bool lists = std::exchange(lists_changed_, false);
    if (lists || !same_news(news, known_)) {
        news.sequence = known_.sequence + 1;
        known_ = std::move(news);
    }
    if (!job_ || !job_facts_.live || job_->id.empty()) return;
    std::vector<ticket> begun;
    for (const auto& [id, asked] : askers_)
        if (asked.held) begun.push_back(id);
    for (const auto id : begun) {
        auto done = std::move(*askers_.at(id).held);
        done.job_id = job_->id;
        end(id, std::move(done));
    }
}

printer_state moonraker_desk::state(time_point now) const
{
    auto copy = known_;
    copy.age_ms.reset();
    if (told_at_) {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - *told_at_).count();
        copy.age_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
    }
    return copy;
}

void moonraker_desk::track_job(time_point now)
{
    const auto base = base_phase();
    if (!base) return;
    const auto file = objects_.text("print_stats", "filename").substr(0, longest_file);
    const bool active = *base == phase::printing || *base == phase::paused;
    if (active && (!job_facts_.live || (!file.empty() && file != job_facts_.file))) new_job(file, now);
    if (*base == phase::paused) paused_before_ = true;
    if (*base == phase::printing && std::exchange(paused_before_, false)) pause_reason_.clear();
    if (active) {
        objects_.describe(*job_);
        print_progress known;
        known.elapsed_s = job_->elapsed_s.value_or(0);
        known.moving_s = job_->elapsed_s; // Klipper counts from the first extrusion on
        known.slicer_whole_s = job_facts_.estimated_s;
        known.byte_share = job_->progress; // of the file, or as its M73 says
        job_->left_s = left_.update(known);
        return;
    }
    if (job_facts_.live) {
        job_facts_.live = false;
        if (*base == phase::finished) {
            job_->progress = 1;
            job_->left_s = 0;
            job_->done_bytes = job_->size_bytes;
            job_->elapsed_s = objects_.number("print_stats", "print_duration");
        }
        if (*base == phase::error)
            job_facts_.end_reason = plain_words(objects_.text("print_stats", "message"), longest_reason);
        // With an on_error_gcode that cancels, this line is all that is left of the cause.
        if (job_facts_.end_reason.empty() && last_fault_ && now - last_fault_->at <= fault_counts_for &&
            *base != phase::finished)
            job_facts_.end_reason = last_fault_->text;
        keep_job(*base == phase::finished ? "finished" : *base == phase::cancelled ? "cancelled" : "failed");
        return;
    }
    if (!job_ && *base != phase::idle && !file.empty()) {
        // Over before we came. Without a history only the file's name tells whether we knew of it.
        job_.emplace();
        job_->path = "gcode/" + file;
        job_facts_.file = file;
        objects_.describe(*job_);
        if (has_history_) return; // it is asked at the same time
        if (kept_.last_job && kept_.last_job->path == job_->path)
            job_->id = kept_.last_job->id;
        else
            end_seen_ = false;
        gate_.take_away(bed_event::printed);
        keep_job("seen");
    }
}

void moonraker_desk::new_job(const std::string& file, time_point now)
{
    job_.emplace();
    job_->path = "gcode/" + file;
    job_facts_ = {file, true};
    left_.begin();
    end_seen_ = false;
    gate_.take_away(bed_event::printed);
    wants_.reset();
    pause_reason_.clear();
    last_fault_.reset();
    if (start_ && start_->file == file) start_.reset();
    ++jobs_seen_;
    const auto announced = std::exchange(announced_, std::nullopt);
    if (announced && words_in(*announced, "filename", longest_file) == file)
        name_job(job_id_of(*announced), *announced);
    else if (has_history_)
        ask_own(call_kind::history, "server.history.list", json{{"limit", 1}, {"order", "desc"}}, now);
    else
        job_->id = "k-" + settings_.id_seed + "-" + std::to_string(jobs_seen_);
    keep_job("running");
}

void moonraker_desk::name_job(const std::string& id, const json& job)
{
    job_->id = id;
    const auto metadata = job.find("metadata");
    if (metadata == job.end() || !metadata->is_object()) return;
    const auto seconds = metadata->find("estimated_time");
    if (seconds != metadata->end() && seconds->is_number() && seconds->get<double>() > 0)
        job_facts_.estimated_s = seconds->get<double>();
}

// `added`: it begins now; otherwise it is the newest of the list.
void moonraker_desk::history_told(const json& job, bool added, time_point now)
{
    const auto id = job_id_of(job);
    const auto file = words_in(job, "filename", longest_file);
    if (id.empty()) return;
    const bool runs = added || words_in(job, "status", 40) == "in_progress";
    if (job_facts_.live) {
        if (!runs || file != job_facts_.file || job_->id == id) return;
        if (job_->id.empty()) {
            name_job(id, job);
            keep_job("running");
        } else {
            announced_ = job; // the same file once more, begun while nobody looked
            new_job(file, now);
            track_job(now);
        }
    } else if (runs) {
        announced_ = job;
    } else if (!kept_.last_job || kept_.last_job->id != id) {
        // Somebody printed since we last looked.
        job_.emplace();
        job_->id = id;
        job_->path = "gcode/" + file;
        job_facts_.file = file;
        end_seen_ = false;
        gate_.take_away(bed_event::printed);
        keep_job("seen");
    } else if (!job_ || job_->id.empty()) {
        if (!job_) job_.emplace();
        job_->id = id;
        job_->path = "gcode/" + file;
    }
}

void moonraker_desk::keep_job(const char* ended)
{
    kept_.last_job = serial::job_record{job_->id, job_->path, ended, job_facts_.end_reason};
    keep();
}

void moonraker_desk::keep()
{
    kept_.take(gate_.record());
    // Only the newest counts, and it must come after a commit that somebody waits for.
    if (!to_keep_.empty() && !to_keep_.back().commit)
        to_keep_.back().state = kept_;
    else
        to_keep_.push_back({kept_, std::nullopt});
}

void moonraker_desk::gcode_said(std::string_view text, time_point now)
{
    const auto before = console_.newest();
    (void)console_.heard(text, now);
    text = text.substr(0, 4096);
    if (text.starts_with("!!")) last_fault_ = fault{plain_words(text.substr(2), longest_reason), now};
    // Klipper answers "ok" to a command that it does not know; only this line tells.
    for (auto& [id, what] : calls_) {
        if (what.kind == call_kind::console && what.written && what.who)
            for (const auto& line : console_.page(before, klipper_console::most_lines).lines)
                if (what.reply.size() + line.text.size() < max_reply_bytes)
                    what.reply += (what.reply.empty() ? "" : "\n") + line.text;
        if (what.written && !what.word.empty() &&
            text.find("Unknown command:\"" + what.word + "\"") != std::string_view::npos)
            what.unknown = true;
    }
}

} // namespace layerline::printer::moonraker
