// The start of a print on Klipper: through the gate, on the disk, looked at once more, and only then asked
// for; and what takes the cleared bed away.
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::string_view gcode_root = "gcode/";
constexpr std::chrono::milliseconds look_again_after{250}; // Klipper tells its state as often

bool may_begin_from(std::optional<phase> base)
{
    return base == phase::idle || base == phase::finished || base == phase::cancelled || base == phase::error;
}

std::string state_in(const json& result, const char* object)
{
    const json::json_pointer where(std::string("/status/") + object + "/state");
    if (!result.is_object() || !result.contains(where)) return {};
    const auto& value = result.at(where);
    return value.is_string() ? value.get<std::string>() : std::string();
}

} // namespace

std::optional<printer_failure> moonraker_desk::begin_start(ticket id, const start_job& what, time_point now)
{
    // In `paused` Moonraker would say "ok", drop the paused job and begin the new one.
    if (job_facts_.live || start_ || !may_begin_from(base_phase()))
        return wrong_state("A print can only begin when none is under way");
    // It would wait for Klipper's lock, and begin whenever that is free.
    if (overlay_) return wrong_state("Klipper is still busy with an earlier command");
    if (!what.path.starts_with(gcode_root) || what.path.size() == gcode_root.size())
        return printer_failure{printer_errc::out_of_range, "The path of a file to print begins with gcode/."};
    if (auto why = gate_.judge(what.bed_clear, now)) return why;
    gate_.begun(now);
    // On the disk first: whoever dies from here on leaves a bed that is not clear.
    kept_.take(gate_.record());
    start_ = start_under_way{id, what.path.substr(gcode_root.size()), ++last_commit_, now};
    to_keep_.push_back({kept_, last_commit_});
    return std::nullopt;
}

void moonraker_desk::kept(std::uint64_t commit, const printer_result<void>& how, time_point now)
{
    if (const auto found = clearing_.find(commit); found != clearing_.end()) {
        const auto who = found->second;
        clearing_.erase(found);
        if (how) {
            // Unless a print began meanwhile.
            if (!job_facts_.live && !start_) {
                gate_.cleared();
                end_seen_ = true; // whatever becomes of the bed: the last print is no news any more
                kept_.take(gate_.record());
                head_seen_.reset();
                wants_.reset();
            }
            publish(now);
            end(who, performed{});
        } else {
            end(who, how.error());
        }
    }
    if (!start_ || start_->commit != commit || start_->sent) return;
    const auto who = start_->who;
    if (!how || !askers_.contains(who) || klippy_ != klippy::ready || !following_) {
        start_failed();
        end(who, how ? away_failure() : how.error());
    } else {
        check_start();
    }
    publish(now);
}

// What was told last may be 250 ms old; a print that somebody else began since would be lost.
void moonraker_desk::check_start()
{
    make_call(start_->who, call_kind::start_check, "printer.objects.query",
              json{{"objects",
                    {{"print_stats", json::array({"state"})},
                     {"webhooks", json::array({"state"})},
                     {"idle_timeout", json::array({"state"})}}}});
}

void moonraker_desk::look_again(time_point now)
{
    if (!start_ || !start_->check_at || *start_->check_at > now) return;
    start_->check_at.reset();
    const auto who = start_->who;
    if (klippy_ == klippy::ready && following_ && askers_.contains(who)) return check_start();
    start_failed();
    end(who, away_failure());
}

void moonraker_desk::start_checked(const json& result, time_point now)
{
    if (!start_ || start_->sent) return;
    const auto who = start_->who;
    const auto asked = askers_.find(who);
    const auto print = state_in(result, "print_stats");
    const bool free = print == "standby" || print == "complete" || print == "cancelled" || print == "error";
    if (asked == askers_.end() || asked->second.deadline <= now) {
        start_failed();
        end(who, printer_failure{printer_errc::late, "The print could not begin in time; nothing was done."});
    } else if (state_in(result, "webhooks") != "ready" || !free) {
        start_failed();
        end(who, printer_failure{printer_errc::wrong_state,
                                 "A print can only begin when none is under way: Klipper says that it is " +
                                     (print.empty() ? "not ready" : plain_words(print, 40)) + "."});
    } else if (state_in(result, "idle_timeout") == "Printing") {
        // For a moment after a cancel or a move; or for long, and then it is not waited for.
        if (now - start_->began < settings_.busy_within) {
            start_->check_at = now + look_again_after;
            return;
        }
        start_failed();
        end(who, wrong_state("Klipper is still busy with an earlier command"));
    } else {
        make_call(who, call_kind::start, "printer.print.start", json{{"filename", start_->file}});
        start_->sent = true;
    }
}

// Nothing was printed.
void moonraker_desk::start_failed()
{
    if (!start_) return;
    start_.reset();
    gate_.not_begun();
    keep();
}

void moonraker_desk::bed_was(bed_event what)
{
    if (gate_.take_away(what)) keep();
}

// A head that is elsewhere although we moved nothing was moved by another program, or at the printer. Homing
// by somebody else counts, too: who does that stands at the printer, or may say that the bed is clear.
void moonraker_desk::watch_head(time_point now)
{
    const bool ours = now < still_until_ || std::any_of(calls_.begin(), calls_.end(), [](const auto& one) {
                          return one.second.written &&
                                 (waits_for_lock(one.second.kind) || one.second.kind == call_kind::restore);
                      });
    if (ours || job_facts_.live || start_ || klippy_ != klippy::ready || !following_) {
        head_seen_.reset();
        return;
    }
    const auto at = objects_.head();
    const auto differs = [](const std::optional<double>& a, const std::optional<double>& b) {
        constexpr double same_mm = 0.001;
        return a && b && std::abs(*a - *b) > same_mm;
    };
    if (head_seen_ && (differs(head_seen_->x_mm, at.x_mm) || differs(head_seen_->y_mm, at.y_mm) ||
                       differs(head_seen_->z_mm, at.z_mm) || differs(head_seen_->e_mm, at.e_mm)))
        bed_was(bed_event::moved_elsewhere);
    head_seen_ = at;
}

} // namespace layerline::printer::moonraker
