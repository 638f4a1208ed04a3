// The desk's actions: which may be asked for now, and the calls they become.
#include "printer/moonraker/hand_gcode.hpp"
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace

printer_failure moonraker_desk::away_failure() const
{
    if (klippy_ == klippy::shutdown || klippy_ == klippy::error)
        return {printer_errc::halted,
                "Klipper has stopped: " +
                    (known_.reason.empty() ? std::string("no reason is known.") : known_.reason)};
    return {known_.away.value_or(printer_errc::host_gone),
            known_.reason.empty() ? "Klipper is not ready yet." : known_.reason};
}

printer_failure moonraker_desk::wrong_state(std::string_view what) const
{
    return {printer_errc::wrong_state,
            std::string(what) + ": the printer is " + std::string(name_of(known_.now)) + "."};
}

std::optional<printer_failure> moonraker_desk::broken_terms(const terms& how) const
{
    if (how.expected_state && *how.expected_state != known_.now)
        return printer_failure{printer_errc::wrong_state, "The command expected the printer to be " +
                                                              std::string(name_of(*how.expected_state)) +
                                                              ", it is " + std::string(name_of(known_.now)) +
                                                              "."};
    if (how.expected_job && (!job_ || job_->id != *how.expected_job))
        return printer_failure{printer_errc::wrong_state,
                               "The command was meant for another job; this one is " +
                                   (job_ && !job_->id.empty() ? job_->id : "without an id") + "."};
    return std::nullopt;
}

moonraker_desk::ticket moonraker_desk::ask(action what, terms how, time_point now)
{
    const auto id = ++last_ticket_;
    const bool urgent = std::holds_alternative<emergency_stop>(what);
    const auto time = how.time_left.value_or(settings_.answer_within);
    std::optional<printer_failure> why;
    if (!online_)
        why = printer_failure{known_.away.value_or(printer_errc::host_gone),
                              urgent ? known_.reason + " The stop could not be sent: cut the printer's power."
                                     : known_.reason};
    else if (!urgent && time <= std::chrono::milliseconds::zero())
        why = printer_failure{printer_errc::late,
                              "The time for this command had run out before it could be sent; nothing was "
                              "done."};
    else if (!urgent && std::max(askers_.size(), calls_.size()) >= settings_.most_waiting)
        why =
            printer_failure{printer_errc::too_many_clients,
                            "Too many commands are waiting for Klipper; nothing was done. Try again once it "
                            "has done them."};
    if (!why) {
        askers_.emplace(id, asker{now + (urgent ? settings_.answer_within : time)});
        if (!urgent) why = broken_terms(how);
        if (!why) why = begin(id, what, now);
    }
    if (why) {
        askers_.erase(id);
        outcomes_.push_back({id, std::move(*why)});
    }
    publish(now);
    return id;
}

// A failure when it cannot be; otherwise its outcome comes by itself.
std::optional<printer_failure> moonraker_desk::begin(ticket id, const action& what, time_point now)
{
    if (const auto* stop = std::get_if<emergency_stop>(&what)) {
        begin_stop(id, *stop, now);
        return std::nullopt;
    }
    const bool active = job_facts_.live;
    if (std::holds_alternative<confirm_bed_clear>(what)) {
        if (active || start_) return wrong_state("The bed is not clear while a print is on it");
        auto next = kept_;
        next.take({});
        clearing_.emplace(++last_commit_, id);
        to_keep_.push_back({std::move(next), last_commit_});
        return std::nullopt;
    }
    // Klipper's files are all Moonraker's; said before anything that may change.
    const auto* begins = std::get_if<start_job>(&what);
    if (std::holds_alternative<list_card>(what) || (begins && begins->path.starts_with(card_root)))
        return printer_failure{printer_errc::unsupported,
                               "This printer has no card of its own: Klipper's files are those in gcode/."};
    // Moonraker switches it, whatever Klipper does; often that is what brings Klipper back.
    if (const auto* power = std::get_if<set_power>(&what)) return begin_power(id, *power);
    if (klippy_ != klippy::ready || !following_ || !base_phase()) return away_failure();
    // Moonraker answers "ok" to a pause, a resume or a cancel without a print: the state decides, not it.
    return std::visit(overloaded{[&](const start_job& start) { return begin_start(id, start, now); },
                                 [&](const pause_job&) -> std::optional<printer_failure> {
                                     if (known_.now != phase::printing)
                                         return wrong_state("Only a print under way can be paused");
                                     make_call(id, call_kind::pause, "printer.print.pause", nullptr);
                                     return std::nullopt;
                                 },
                                 [&](const resume_job&) -> std::optional<printer_failure> {
                                     if (known_.now != phase::paused)
                                         return wrong_state("Only a paused print can be resumed");
                                     make_call(id, call_kind::resume, "printer.print.resume", nullptr);
                                     return std::nullopt;
                                 },
                                 [&](const cancel_job&) -> std::optional<printer_failure> {
                                     if (!active || known_.now == phase::cancelling)
                                         return wrong_state("There is no print to cancel");
                                     make_call(id, call_kind::cancel, "printer.print.cancel", nullptr);
                                     return std::nullopt;
                                 },
                                 [&](const home_axes& axes) { return begin_home(id, axes); },
                                 [&](const set_temperature& heat) { return begin_heat(id, heat); },
                                 [&](const auto&) { return begin_by_hand(id, what); }},
                      what);
}

std::optional<printer_failure> moonraker_desk::begin_home(ticket id, const home_axes& axes)
{
    if (job_facts_.live || start_) return wrong_state("The printer cannot be homed during a print");
    if (!axes.x && !axes.y && !axes.z)
        return printer_failure{printer_errc::out_of_range, "No axis was named."};
    if (axes.z)
        if (auto why = gate_.over_bed("Z is not homed over a part")) return why;
    std::string line = "G28";
    if (!(axes.x && axes.y && axes.z)) {
        if (axes.x) line += " X";
        if (axes.y) line += " Y";
        if (axes.z) line += " Z";
    }
    run_gcode(id, call_kind::home, line);
    return std::nullopt;
}

std::optional<printer_failure> moonraker_desk::begin_heat(ticket id, const set_temperature& what)
{
    const auto name = objects_.heater_gcode_name(what.heater);
    if (name.empty())
        return printer_failure{printer_errc::unsupported,
                               "This printer has no heater " + plain_words(what.heater, 64) + "."};
    const auto can = capabilities();
    const auto most = what.heater == "bed"              ? can.max_bed_c
                      : what.heater.starts_with("tool") ? can.max_tool_c
                                                        : can.max_chamber_c;
    if (!std::isfinite(what.celsius) || what.celsius < 0 || (most && what.celsius > *most))
        return printer_failure{
            printer_errc::out_of_range,
            "At most " + gcode_number(most.value_or(0)) +
                " C may be asked for here: Klipper's max_temp for that heater, as far as it "
                "is known."};
    if (what.celsius > 0 && known_.now == phase::cancelling)
        return wrong_state("Heaters are being switched off");
    if (what.celsius > 0 && known_.now == phase::error)
        return wrong_state("After a failure a person has to look and say that the bed is clear first");
    run_gcode(id, call_kind::heat,
              "SET_HEATER_TEMPERATURE HEATER=" + name + " TARGET=" + gcode_number(what.celsius));
    return std::nullopt;
}

void moonraker_desk::run_gcode(ticket id, call_kind kind, const std::string& line)
{
    make_call(id, kind, "printer.gcode.script", json{{"script", line}}, line.substr(0, line.find(' ')));
}

void moonraker_desk::make_call(ticket id, call_kind kind, std::string_view method, const json& params,
                               std::string word)
{
    call what;
    what.kind = kind;
    what.who = id;
    what.word = std::move(word);
    const auto number = queue(std::move(what), method, params);
    askers_.at(id).call = number;
    if (kind == call_kind::pause || kind == call_kind::resume || kind == call_kind::cancel)
        overlay_ = overlay{kind, number, std::nullopt};
}

link_capabilities moonraker_desk::capabilities() const
{
    link_capabilities can;
    can.emergency_parser = true; // emergency_stop waits for nothing
    can.max_tool_c = max_tool_c_.value_or(settings_.max_tool_c);
    can.max_bed_c = max_bed_c_.value_or(settings_.max_bed_c);
    can.max_chamber_c = max_chamber_c_.value_or(settings_.max_chamber_c);
    can.offers = offers();
    can.travel = travel_;
    return can;
}

} // namespace layerline::printer::moonraker
