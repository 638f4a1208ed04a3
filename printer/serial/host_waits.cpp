// Waiting for heat in the firmware's place, and what a pause does to a hotend: deadlines that end in cold,
// heaters that do not get warmer, and the time when a paused hotend is let down.
#include "printer/serial/host_core.hpp"

#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

namespace {

std::string minutes_text(std::chrono::milliseconds time)
{
    const auto minutes = std::max<long>(1, std::chrono::round<std::chrono::minutes>(time).count());
    return std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes");
}

std::string celsius_text(double celsius)
{
    return std::to_string(std::lround(celsius)) + " C";
}

} // namespace

std::string host_core::heater_of(const heat_wait& wait) const
{
    return wait.heater == heater_kind::tool  ? tool_name(wait.tool)
           : wait.heater == heater_kind::bed ? "bed"
                                             : "chamber";
}

double host_core::wanted_by(const heat_wait& wait) const
{
    if (wait.celsius) return *wait.celsius;
    const auto known = targets_.find(heater_of(wait));
    return known == targets_.end() ? 0 : known->second;
}

// The file's wait as steps: one, or one for each heater that was set (M116).
void host_core::wait_for_heat(const heat_wait& wait)
{
    if (!wait.all) {
        plan_.push_back({.what = plan_step::kind::heat, .text = {}, .wait = wait});
        return;
    }
    for (const auto& [name, celsius] : targets_) {
        if (celsius <= 0) continue;
        heat_wait one{.heater = heater_kind::tool, .tool = -1, .celsius = celsius, .cooling_too = false};
        if (name == "bed")
            one.heater = heater_kind::bed;
        else if (name == "chamber")
            one.heater = heater_kind::chamber;
        else
            one.tool = std::atoi(name.c_str() + 4);
        plan_.push_back({.what = plan_step::kind::heat, .text = {}, .wait = one});
    }
}

bool host_core::heat_reached(const plan_step& step, time_point now)
{
    const double wanted = wanted_by(step.wait);
    if (wanted <= 0) return true;
    const std::string name = heater_of(step.wait);
    const heater_state* found = heater(name);
    // Only what was told since the wait began counts: an older value may be of before a reset.
    const bool fresh = step_since_ && last_temperatures_ >= *step_since_;
    if (fresh && !found) {
        log(true, "this printer tells of no " + name + ": it is not waited for");
        return true;
    }
    const bool there =
        fresh && found->actual_c &&
        (*found->actual_c >= wanted - 2 && (!step.wait.cooling_too || *found->actual_c <= wanted + 3));
    if (!there) {
        held_since_.reset();
        return false;
    }
    if (!held_since_) held_since_ = now;
    return now - *held_since_ >= settings_.residency;
}

// What is being waited for, in words; empty while nothing is.
std::string host_core::waiting_text() const
{
    if (plan_.empty() || plan_.front().what != plan_step::kind::heat || !step_since_) return {};
    const double wanted = wanted_by(plan_.front().wait);
    if (wanted <= 0) return {};
    return "waiting for the " + heater_of(plan_.front().wait) + " to reach " + celsius_text(wanted);
}

void host_core::heat_failed(const std::string& why, time_point now)
{
    const auto off = heaters_off(heaters_, true, true);
    aside_.append(off);
    if (job_active()) fail_job(why + "; the heaters were switched off", true, now);
    ask_person(asker::host, {"notice", why + "; the heaters were switched off", {}});
}

void host_core::check_wait_deadlines(time_point now)
{
    if (plan_.empty() || plan_.front().what != plan_step::kind::heat || !step_since_) return;
    const bool tool = plan_.front().wait.heater == heater_kind::tool;
    if (now - *step_since_ < (tool ? settings_.tool_wait : settings_.bed_wait)) return;
    heat_failed(std::string(tool ? "the hotend" : "the bed") + " did not reach its temperature in time", now);
}

// A heater far below its target that does not get warmer: its sensor is stuck or has come off, or nothing
// heats. The firmware should stop itself; not every one was built to.
void host_core::check_rise(time_point now)
{
    if (!connected_ || phase_ == phase::cancelling || leaving_since_ || settings_.rise_time.count() == 0) {
        rises_.clear();
        return;
    }
    constexpr double far_below_c = 10, least_rise_c = 2;
    constexpr int slower = 5; // beds and chambers
    for (const auto& one : heaters_) {
        const double wanted = one.target_c.value_or(0);
        if (!one.actual_c || wanted <= 0 || *one.actual_c >= wanted - far_below_c) {
            std::erase_if(rises_, [&](const auto& known) { return known.first == one.name; });
            continue;
        }
        auto found = std::find_if(rises_.begin(), rises_.end(),
                                  [&](const auto& known) { return known.first == one.name; });
        const bool fresh = found == rises_.end();
        if (fresh) found = rises_.insert(found, {one.name, rise{*one.actual_c, wanted, now}});
        rise& seen = found->second;
        // It counts from the lowest it fell to: an opened door or a fan cools for a while.
        if (!fresh && (wanted != seen.wanted_c || *one.actual_c >= seen.from_c + least_rise_c ||
                       *one.actual_c < seen.from_c - least_rise_c))
            seen = rise{*one.actual_c, wanted, now};
        const auto patience =
            one.name.starts_with("tool") ? settings_.rise_time : slower * settings_.rise_time;
        if (now - seen.since < patience) continue;
        const std::string why = "the " + one.name + " does not get warmer (" + celsius_text(seen.from_c) +
                                " of " + celsius_text(wanted) + "): its sensor or its heater needs a look";
        rises_.clear();
        heat_failed(why, now);
        return;
    }
}

// --- the hotend in a pause

bool host_core::stands_by() const
{
    return phase_ == phase::paused && !firmware_paused_ && connected_ &&
           settings_.standby_after.count() > 0 &&
           std::any_of(saved_.targets.begin(), saved_.targets.end(), [&](const heater_state& heater) {
               return heater.name.starts_with("tool") && heater.target_c.value_or(0) > settings_.standby_c;
           });
}

// Said when the pause begins, and again shortly before it happens.
void host_core::announce_standby()
{
    if (!stands_by()) return;
    reason_ =
        plain_ascii(reason_ + (reason_.empty() ? "the hotend" : "; the hotend") + " goes down to " +
                        celsius_text(settings_.standby_c) + " after " + minutes_text(settings_.standby_after),
                    300);
}

void host_core::check_standby(time_point now)
{
    if (stood_by_ || !paused_since_ || !stands_by()) return;
    const auto paused = now - *paused_since_;
    const auto notice = std::min<std::chrono::milliseconds>(5min, settings_.standby_after / 2);
    if (paused < settings_.standby_after) {
        if (paused < settings_.standby_after - notice || standby_told_) return;
        standby_told_ = true;
        const std::string text = "the hotend goes down to " + celsius_text(settings_.standby_c) + " in " +
                                 minutes_text(notice) + ", since the print is paused";
        log(false, text);
        if (!wants_) ask_person(asker::host, {"notice", text, {}});
        return;
    }
    stood_by_ = true;
    for (const auto& heater : saved_.targets)
        if (heater.name.starts_with("tool") && heater.target_c.value_or(0) > settings_.standby_c)
            aside_.push_back(set_target_command(heater.name, settings_.standby_c));
    const std::string text = "the hotend waits at " + celsius_text(settings_.standby_c);
    if (wants_ && wants_->kind == "notice") ask_person(asker::host, {"notice", text, {}});
    reason_ = plain_ascii(reason_ + "; " + text + ", and is heated again before the print goes on", 400);
    log(false, text);
}

} // namespace layerline::printer::serial
