// The desk's view of Klipper: whether it runs, when to ask anew, and what it is subscribed to.
#include "printer/moonraker/host_lists.hpp"
#include "printer/moonraker/lenient_json.hpp"
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

// server.info may still say "startup" for about half a second after Klipper said that it is ready.
constexpr std::chrono::milliseconds info_lag{2000};

void lower(std::optional<double>& limit, const json& section)
{
    const auto most = number_in(section, "max_temp");
    if (most && (!limit || *most < *limit)) limit = most;
}

// Of kinematics whose steppers are its axes; a delta's reach is no box.
std::optional<travel_area> travel_of(const json& sections)
{
    const auto& x = member(sections, "stepper_x");
    const auto& y = member(sections, "stepper_y");
    const auto& z = member(sections, "stepper_z");
    const auto x_max = number_in(x, "position_max"), y_max = number_in(y, "position_max"),
               z_max = number_in(z, "position_max");
    if (!x_max || !y_max || !z_max) return std::nullopt;
    return travel_area{number_in(x, "position_min").value_or(0), *x_max,
                       number_in(y, "position_min").value_or(0), *y_max, *z_max};
}

} // namespace

void moonraker_desk::server_said(const json& info, time_point now)
{
    next_retry_ = settings_.first_retry;
    has_history_ = false;
    const auto& parts = member(info, "components");
    if (parts.is_array())
        has_history_ = std::any_of(parts.begin(), parts.end(), [](const json& part) {
            return part.is_string() && part.get_ref<const std::string&>() == "history";
        });
    ask_lists(parts, now);
    const auto word = text_in(info, "klippy_state");
    const auto says = word == "ready"      ? klippy::ready
                      : word == "startup"  ? klippy::startup
                      : word == "shutdown" ? klippy::shutdown
                      : word == "error"    ? klippy::error
                                           : klippy::disconnected;
    const bool lags =
        says == klippy::startup && klippy_ == klippy::ready && ready_at_ && now - *ready_at_ < info_lag;
    if (!lags) klippy_is(says, now);
    poll_at_ = now + (klippy_ == klippy::ready ? settings_.calm_poll : settings_.poll);
}

void moonraker_desk::klippy_is(klippy what, time_point now)
{
    const bool changed = what != klippy_;
    klippy_ = what;
    if (what == klippy::disconnected || what == klippy::startup || what == klippy::error) lose_klippy();
    if (what != klippy::ready) overlay_.reset();
    // Its boards are without power, or somebody stopped them: what was on the bed then nobody saw.
    if (changed && what == klippy::shutdown) bed_was(bed_event::stopped);
    if (changed && what == klippy::error) bed_was(bed_event::power_lost);
    if (changed) {
        klippy_words_.clear();
        // The only way from here on is to ask: after a bad configuration no event ever comes.
        poll_at_ = now + (what == klippy::ready ? settings_.calm_poll : settings_.poll);
    }
    if (what == klippy::disconnected) return;
    // While Klipper starts, what it waits for changes from one moment to the next.
    if (changed || what == klippy::startup || klippy_words_.empty())
        ask_own(call_kind::printer_info, "printer.info", nullptr, now);
    // A stopped Klipper still tells its temperatures.
    if ((what == klippy::ready || what == klippy::shutdown) && !following_ && !follow_at_) follow(now);
}

void moonraker_desk::lose_klippy()
{
    following_ = false;
    head_seen_.reset();
    follow_at_.reset();
    overlay_.reset();
    objects_.forget();
    console_.forget_prompt();
    // An answer that is still on its way tells of a Klipper that is gone.
    for (const auto kind : {call_kind::objects_list, call_kind::subscribe, call_kind::settings})
        for (auto at = calls_.begin(); at != calls_.end();)
            if (at->second.kind == kind) {
                std::erase(to_write_, at->first);
                at = calls_.erase(at);
            } else {
                ++at;
            }
}

void moonraker_desk::follow(time_point now)
{
    follow_at_.reset();
    ask_own(call_kind::objects_list, "printer.objects.list", nullptr, now);
}

void moonraker_desk::told_status(const json& status, time_point now)
{
    told_at_ = now;
    objects_.merge(status);
    const auto word = objects_.text("webhooks", "state");
    if (word == "shutdown" && klippy_ == klippy::ready) klippy_is(klippy::shutdown, now);
    if (klippy_ == klippy::ready) track_job(now);
    watch_head(now);
}

void moonraker_desk::told_settings(const json& result)
{
    max_tool_c_.reset();
    max_bed_c_.reset();
    max_chamber_c_.reset();
    travel_.reset();
    const auto& sections = member(member(member(result, "status"), "configfile"), "settings");
    if (!sections.is_object()) return;
    if (auto macros = read_macros(sections); macros_ != macros) {
        macros_ = std::move(macros);
        lists_changed_ = true;
    }
    travel_ = travel_of(sections);
    for (const auto& [name, section] : sections.items()) {
        if (name == "heater_bed")
            lower(max_bed_c_, section);
        else if (name == "heater_generic chamber")
            lower(max_chamber_c_, section);
        else if (name.starts_with("extruder"))
            lower(max_tool_c_, section);
    }
}

} // namespace layerline::printer::moonraker
