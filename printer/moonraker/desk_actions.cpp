// The desk's actions: which may be asked for now, the calls they become, and what their answers are worth.
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

constexpr std::string_view gcode_root = "gcode/";
constexpr std::chrono::milliseconds look_again_after{250}; // Klipper tells its state as often
constexpr std::string_view unsure =
    " It is not known whether it was carried out; look at the printer's state "
    "before you ask again.";

bool may_begin_from(std::optional<phase> base)
{
    return base == phase::idle || base == phase::finished || base == phase::cancelled || base == phase::error;
}

// The beginning of "... failed: why".
std::string_view words_for(desk_records::call_kind kind)
{
    using enum desk_records::call_kind;
    switch (kind) {
    case pause:
        return "The pause";
    case resume:
        return "The resume";
    case cancel:
        return "The cancel";
    case home:
        return "Homing";
    case heat:
        return "Setting a temperature";
    case move:
        return "The move";
    case extrude:
        return "Moving filament";
    case level:
        return "Measuring the bed";
    case power:
        return "Switching the power";
    case console:
        return "The console line";
    case macro:
        return "The macro";
    case answer:
        return "The answer to the prompt";
    case start:
        return "The start";
    default:
        return "A command";
    }
}

std::string state_in(const json& result, const char* object)
{
    const json::json_pointer where(std::string("/status/") + object + "/state");
    if (!result.is_object() || !result.contains(where)) return {};
    const auto& value = result.at(where);
    return value.is_string() ? value.get<std::string>() : std::string();
}

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
    if (std::holds_alternative<emergency_stop>(what)) {
        make_call(id, call_kind::emergency, "printer.emergency_stop", nullptr);
        return std::nullopt;
    }
    const bool active = job_facts_.live;
    if (std::holds_alternative<confirm_bed_clear>(what)) {
        if (active || start_) return wrong_state("The bed is not clear while a print is on it");
        auto next = kept_;
        next.bed_clear = true;
        clearing_.emplace(++last_commit_, id);
        to_keep_.push_back({std::move(next), last_commit_});
        return std::nullopt;
    }
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

std::optional<printer_failure> moonraker_desk::begin_start(ticket id, const start_job& what, time_point now)
{
    // In `paused` Moonraker would say "ok", drop the paused job and begin the new one.
    if (job_facts_.live || start_ || !may_begin_from(base_phase()))
        return wrong_state("A print can only begin when none is under way");
    // It would wait for Klipper's lock, and begin whenever that is free.
    if (overlay_) return wrong_state("Klipper is still busy with an earlier command");
    if (!what.path.starts_with(gcode_root) || what.path.size() == gcode_root.size())
        return printer_failure{printer_errc::out_of_range, "The path of a file to print begins with gcode/."};
    if (!kept_.bed_clear && !what.bed_clear)
        return printer_failure{
            printer_errc::bed_not_clear,
            "Nobody has said that the bed is clear since the last print; look, then say so."};
    while (!starts_.empty() && now - starts_.front() > std::chrono::hours(1))
        starts_.pop_front();
    if (settings_.starts_an_hour > 0 && starts_.size() >= static_cast<std::size_t>(settings_.starts_an_hour))
        return printer_failure{printer_errc::refused, "There were " + std::to_string(starts_.size()) +
                                                          " starts in the last hour, no more are allowed."};
    starts_.push_back(now);
    // On the disk first: whoever dies from here on leaves a bed that is not clear.
    kept_.bed_clear = false;
    start_ = start_under_way{id, what.path.substr(gcode_root.size()), ++last_commit_, now};
    to_keep_.push_back({kept_, last_commit_});
    return std::nullopt;
}

std::optional<printer_failure> moonraker_desk::begin_home(ticket id, const home_axes& axes)
{
    if (job_facts_.live || start_) return wrong_state("The printer cannot be homed during a print");
    if (!axes.x && !axes.y && !axes.z)
        return printer_failure{printer_errc::out_of_range, "No axis was named."};
    if (axes.z && !kept_.bed_clear)
        return printer_failure{printer_errc::bed_not_clear,
                               "Z is not homed over a part: say that the bed is clear first."};
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
    const auto number = queue(std::move(what), method, params, kind == call_kind::emergency);
    askers_.at(id).call = number;
    if (kind == call_kind::pause || kind == call_kind::resume || kind == call_kind::cancel)
        overlay_ = overlay{kind, number, std::nullopt};
}

void moonraker_desk::kept(std::uint64_t commit, const printer_result<void>& how, time_point now)
{
    if (const auto found = clearing_.find(commit); found != clearing_.end()) {
        const auto who = found->second;
        clearing_.erase(found);
        if (how) {
            // Unless a print began meanwhile.
            if (!job_facts_.live && !start_) {
                kept_.bed_clear = true;
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

// Nothing was printed: the bed is as clear as it was when the start was let through.
void moonraker_desk::start_failed()
{
    if (!start_) return;
    start_.reset();
    if (!job_facts_.live) kept_.bed_clear = true;
    keep();
}

void moonraker_desk::action_answered(std::uint64_t id, call what, time_point now)
{
    if (what.unknown) {
        action_refused(id, what,
                       {printer_errc::unsupported, "Klipper does not know the command " +
                                                       plain_words(what.word, 64) + " on this printer."},
                       now);
        return;
    }
    if (overlay_ && overlay_->call == id) overlay_->answered = now;
    performed done;
    if (job_ && job_facts_.live && !job_->id.empty()) done.job_id = job_->id;
    done.reply = std::move(what.reply);
    if (what.kind == call_kind::start) {
        if (start_) start_->answered = now;
        done.job_id.reset();
        if (!what.who) return;
        if (const auto asked = askers_.find(*what.who); asked != askers_.end()) {
            asked->second.deadline = std::min(asked->second.deadline, now + settings_.state_after);
            asked->second.held = std::move(done);
        }
        return;
    }
    if (what.who) end(*what.who, std::move(done));
}

void moonraker_desk::action_refused(std::uint64_t id, const call& what, printer_failure why, time_point now)
{
    if (overlay_ && overlay_->call == id) overlay_.reset();
    if (what.kind == call_kind::start || what.kind == call_kind::start_check) start_failed();
    // Refused half-way: the modes are still those of the move.
    if ((what.kind == call_kind::move || what.kind == call_kind::extrude) && what.written &&
        klippy_ == klippy::ready)
        ask_own(call_kind::restore, "printer.gcode.script", json{{"script", restore_script()}}, now);
    if (what.who) {
        end(*what.who, std::move(why));
    } else if (what.kind != call_kind::emergency && why.code != printer_errc::host_gone) {
        // It had counted as accepted: somebody has to be told.
        wants_ = attention{"notice", std::string(words_for(what.kind)) + " failed: " + why.detail};
    }
}

void moonraker_desk::end(ticket id, printer_result<performed> what)
{
    if (askers_.erase(id) == 0) return;
    for (auto& [number, made] : calls_)
        if (made.who == id) made.who.reset();
    outcomes_.push_back({id, std::move(what)});
}

void moonraker_desk::end_all(const printer_failure& unsent)
{
    auto askers = std::exchange(askers_, {});
    for (auto& [id, asked] : askers) {
        const auto made = calls_.find(asked.call);
        const bool clears = std::any_of(clearing_.begin(), clearing_.end(),
                                        [id = id](const auto& one) { return one.second == id; });
        if (clears)
            askers_.emplace(id, asked); // the disk answers, whatever the connection
        else if (asked.held)
            outcomes_.push_back({id, std::move(*asked.held)});
        else if (made != calls_.end() && made->second.written && made->second.kind != call_kind::start_check)
            outcomes_.push_back({id, printer_failure{printer_errc::no_answer,
                                                     "The connection to Moonraker was lost before it "
                                                     "answered." +
                                                         std::string(unsure)}});
        else
            outcomes_.push_back({id, unsent});
    }
    if (start_) {
        const bool maybe = start_->sent && std::any_of(calls_.begin(), calls_.end(), [](const auto& one) {
                               return one.second.kind == call_kind::start && one.second.written;
                           });
        if (maybe || start_->answered)
            start_.reset();
        else
            start_failed();
    }
    calls_.clear();
    to_write_.clear();
}

void moonraker_desk::forget(ticket id)
{
    std::erase_if(outcomes_, [id](const outcome& o) { return o.id == id; });
    const auto found = askers_.find(id);
    if (found == askers_.end()) return;
    const auto number = found->second.call;
    askers_.erase(found);
    if (const auto made = calls_.find(number); made != calls_.end()) {
        made->second.who.reset();
        if (!made->second.written && made->second.kind != call_kind::emergency) {
            if (made->second.kind == call_kind::start && start_) start_->sent = false;
            drop_call(number);
        }
    }
    if (start_ && start_->who == id && !start_->sent) start_failed();
}

std::optional<moonraker_desk::outcome> moonraker_desk::next_outcome()
{
    if (outcomes_.empty()) return std::nullopt;
    auto first = std::move(outcomes_.front());
    outcomes_.pop_front();
    return first;
}

std::optional<moonraker_desk::to_keep> moonraker_desk::next_to_keep()
{
    if (to_keep_.empty()) return std::nullopt;
    auto first = std::move(to_keep_.front());
    to_keep_.pop_front();
    return first;
}

link_capabilities moonraker_desk::capabilities() const
{
    link_capabilities can;
    can.emergency_parser = true; // emergency_stop waits for nothing
    can.max_tool_c = max_tool_c_.value_or(settings_.max_tool_c);
    can.max_bed_c = max_bed_c_.value_or(settings_.max_bed_c);
    can.max_chamber_c = max_chamber_c_.value_or(settings_.max_chamber_c);
    can.offers = offers();
    return can;
}

} // namespace layerline::printer::moonraker
