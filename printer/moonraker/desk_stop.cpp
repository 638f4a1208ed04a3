// The emergency stop on Klipper: ahead of everything that waits here; and while Klipper does not confirm it,
// the power device that the owner allowed, which Moonraker switches whatever Klipper does.
#include "printer/moonraker/moonraker_desk.hpp"

#include <utility>
#include <vector>

namespace layerline::printer::moonraker {

using nlohmann::json;

void moonraker_desk::begin_stop(ticket id, const emergency_stop& what, time_point now)
{
    open_stops_[id] = open_stop{what.power_device, now + settings_.stop_within, false, {}};
    send_stop(id, call_kind::emergency, "printer.emergency_stop", nullptr);
}

// A stop goes its way to the end, whoever still waits for it.
void moonraker_desk::send_stop(ticket id, call_kind kind, std::string_view method, const json& params)
{
    call what;
    what.kind = kind;
    what.stop = id;
    const auto asked = askers_.find(id);
    if (asked != askers_.end()) what.who = id;
    const auto number = queue(std::move(what), method, params, true);
    if (asked != askers_.end()) asked->second.call = number;
}

void moonraker_desk::cut_power(ticket id)
{
    auto& stop = open_stops_.at(id);
    stop.power_sent = true;
    send_stop(id, call_kind::emergency_power, "machine.device_power.post_device",
              json{{"device", stop.device}, {"action", "off"}});
}

// Whether it was the answer to a stop, or to what followed one.
bool moonraker_desk::stop_answered(const call& what)
{
    const bool power = what.kind == call_kind::emergency_power;
    if (what.kind != call_kind::emergency && !power) return false;
    const auto stop = open_stops_.find(what.stop);
    performed done;
    done.confirmed = !power;
    if (power && stop != open_stops_.end())
        done.note = "Klipper did not confirm the stop" +
                    (stop->second.why.empty() ? std::string() : " (" + stop->second.why + ")") +
                    "; then Moonraker switched the power device " + plain_words(stop->second.device, 64) +
                    " off.";
    else if (stop != open_stops_.end() && stop->second.power_sent)
        done.note = "Klipper confirmed the stop late; the power device " +
                    plain_words(stop->second.device, 64) + " was asked to switch off as well.";
    end(what.stop, std::move(done));
    return true;
}

bool moonraker_desk::stop_refused(const call& what, const printer_failure& why)
{
    const bool power = what.kind == call_kind::emergency_power;
    if (what.kind != call_kind::emergency && !power) return false;
    const auto stop = open_stops_.find(what.stop);
    if (stop == open_stops_.end()) return false;
    if (power) {
        performed done;
        done.confirmed = false;
        done.note = "Klipper did not confirm the stop; the power device " +
                    plain_words(stop->second.device, 64) + " could not be switched off: " + why.detail +
                    " Cut the printer's power.";
        end(what.stop, std::move(done));
        return true;
    }
    if (stop->second.device.empty()) return false;
    stop->second.why = why.detail;
    if (!stop->second.power_sent) cut_power(what.stop);
    return true;
}

void moonraker_desk::check_stops(time_point now)
{
    std::vector<ticket> due;
    for (const auto& [id, stop] : open_stops_)
        if (!stop.device.empty() && !stop.power_sent && stop.power_at <= now) due.push_back(id);
    for (const auto id : due)
        cut_power(id);
}

} // namespace layerline::printer::moonraker
