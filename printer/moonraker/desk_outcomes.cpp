// What the answers to actions are worth, and what becomes of an action whose answer never comes.
#include "printer/moonraker/hand_gcode.hpp"
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::moonraker {

namespace {

constexpr std::chrono::milliseconds rest_is_told_within{1000};
constexpr std::string_view unsure =
    " It is not known whether it was carried out; look at the printer's state "
    "before you ask again.";

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

} // namespace

void moonraker_desk::action_answered(std::uint64_t id, call what, time_point now)
{
    if (stop_answered(what)) return;
    if (what.unknown) {
        action_refused(id, what,
                       {printer_errc::unsupported, "Klipper does not know the command " +
                                                       plain_words(what.word, 64) + " on this printer."},
                       now);
        return;
    }
    if (overlay_ && overlay_->call == id) overlay_->answered = now;
    // Where the head came to rest is told a moment later.
    if (waits_for_lock(what.kind)) still_until_ = now + rest_is_told_within;
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
    if (stop_refused(what, why)) return;
    if (overlay_ && overlay_->call == id) overlay_.reset();
    if (waits_for_lock(what.kind)) still_until_ = now + rest_is_told_within; // it may have begun to move
    if (what.kind == call_kind::start || what.kind == call_kind::start_check) start_failed();
    // Refused half-way: the modes are still those of the move.
    if ((what.kind == call_kind::move || what.kind == call_kind::extrude) && what.written &&
        klippy_ == klippy::ready)
        ask_own(call_kind::restore, "printer.gcode.script", nlohmann::json{{"script", restore_script()}},
                now);
    if (what.who) {
        end(*what.who, std::move(why));
    } else if (what.kind != call_kind::emergency && why.code != printer_errc::host_gone) {
        // It had counted as accepted: somebody has to be told.
        wants_ = attention{"notice", std::string(words_for(what.kind)) + " failed: " + why.detail};
    }
}

void moonraker_desk::end(ticket id, printer_result<performed> what)
{
    open_stops_.erase(id);
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
    open_stops_.clear();
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
        if (!made->second.written && made->second.stop == 0) {
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

} // namespace layerline::printer::moonraker
