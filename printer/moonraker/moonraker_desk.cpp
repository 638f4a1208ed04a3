// The desk's connection: who we are, where Klipper stands, one subscription, and the answers to our calls.
#include "printer/moonraker/moonraker_desk.hpp"

#include "printer/moonraker/lenient_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::size_t longest_reason = 600;

} // namespace

moonraker_desk::moonraker_desk(desk_settings settings, serial::durable_state kept)
    : settings_(std::move(settings)), kept_(std::move(kept)), gate_(settings_.starts_an_hour, kept_.bed()),
      next_retry_(settings_.first_retry)
{
    known_.now = phase::offline;
    known_.away = printer_errc::host_gone;
    known_.reason = "Moonraker has not been reached yet.";
    known_.bed_clear = gate_.clear();
}

void moonraker_desk::connected(time_point now)
{
    online_ = true;
    refusal_.reset();
    refused_last_ = false;
    lists_asked_ = false;
    heard_at_ = now;
    asked_since_heard_ = false;
    poll_at_.reset();
    klippy_ = klippy::unknown;
    klippy_words_.clear();
    ready_at_.reset();
    lose_klippy();
    identify(now);
    publish(now);
}

void moonraker_desk::disconnected(printer_errc kind, std::string why, time_point now)
{
    if (refusal_) {
        kind = refusal_->code;
        why = refusal_->detail;
        refused_last_ = true;
        refusal_.reset();
    }
    online_ = false;
    identify_at_.reset();
    poll_at_.reset();
    klippy_ = klippy::unknown;
    klippy_words_ = why;
    lose_klippy();
    away_ = kind;
    end_queries({kind, why});
    end_all({kind, why});
    publish(now);
}

std::chrono::milliseconds moonraker_desk::retry_delay()
{
    if (std::exchange(refused_last_, false)) return settings_.refused_retry;
    const auto delay = next_retry_;
    next_retry_ = std::min(next_retry_ * 2, settings_.last_retry);
    return delay;
}

bool moonraker_desk::receive(std::string_view text, time_point now)
{
    heard_at_ = now;
    asked_since_heard_ = false;
    // Only changes are told: while anything comes at all, what was told last holds.
    if (following_ && klippy_ == klippy::ready) told_at_ = now;
    const auto message = decode_message(text);
    if (const auto* notice = std::get_if<rpc_notice>(&message))
        noticed(*notice, now);
    else if (const auto* answer = std::get_if<rpc_answer>(&message))
        answered(*answer, now);
    else if (const auto* refusal = std::get_if<rpc_refusal>(&message))
        refused(*refusal, now);
    else
        ++malformed_;
    publish(now);
    return !refusal_;
}

std::uint64_t moonraker_desk::queue(call what, std::string_view method, const json& params, bool first)
{
    const auto id = ++last_call_;
    what.message = encode_call(id, method, params);
    calls_.emplace(id, std::move(what));
    if (first)
        to_write_.push_front(id);
    else
        to_write_.push_back(id);
    return id;
}

// One of a kind at a time is enough.
void moonraker_desk::ask_own(call_kind kind, std::string_view method, const json& params, time_point now)
{
    if (std::any_of(calls_.begin(), calls_.end(),
                    [kind](const auto& one) { return one.second.kind == kind; }))
        return;
    call what;
    what.kind = kind;
    what.deadline = now + settings_.answer_within;
    queue(std::move(what), method, params);
}

void moonraker_desk::identify(time_point now)
{
    identify_at_.reset();
    json params{{"client_name", "Layerline"},
                {"version", settings_.version},
                {"type", "agent"},
                {"url", settings_.url}};
    if (!settings_.api_key.empty()) params["api_key"] = settings_.api_key;
    ask_own(call_kind::identify, "server.connection.identify", params, now);
}

void moonraker_desk::drop_call(std::uint64_t id)
{
    calls_.erase(id);
    std::erase(to_write_, id);
    if (overlay_ && overlay_->call == id) overlay_.reset();
}

void moonraker_desk::answered(const rpc_answer& answer, time_point now)
{
    const auto found = calls_.find(answer.id);
    if (found == calls_.end() || !found->second.written) return; // after its time, or never asked
    auto what = std::move(found->second);
    calls_.erase(found);
    switch (what.kind) {
    case call_kind::identify:
        next_retry_ = settings_.first_retry;
        register_methods(now);
        ask_own(call_kind::server_info, "server.info", nullptr, now);
        break;
    case call_kind::server_info:
        server_said(answer.result, now);
        break;
    case call_kind::printer_info:
        klippy_words_ = plain_words(text_in(answer.result, "state_message"), longest_reason);
        klippy_version_ = plain_words(text_in(answer.result, "software_version"), 100);
        host_name_ = plain_words(text_in(answer.result, "hostname"), 100);
        break;
    case call_kind::objects_list:
        objects_.choose(member(answer.result, "objects"));
        ask_own(call_kind::subscribe, "printer.objects.subscribe", objects_.wanted(), now);
        break;
    case call_kind::subscribe:
        following_ = true;
        told_status(member(answer.result, "status"), now);
        if (has_history_)
            ask_own(call_kind::history, "server.history.list", json{{"limit", 1}, {"order", "desc"}}, now);
        ask_own(call_kind::settings, "printer.objects.query",
                json{{"objects", {{"configfile", json::array({"settings"})}}}}, now);
        break;
    case call_kind::settings:
        told_settings(answer.result);
        break;
    case call_kind::history:
        if (const auto& jobs = member(answer.result, "jobs"); jobs.is_array() && !jobs.empty())
            history_told(jobs.front(), false, now);
        break;
    case call_kind::start_check:
        start_checked(answer.result, now);
        break;
    default:
        if (!list_answered(what, answer.result)) action_answered(answer.id, std::move(what), now);
    }
}

void moonraker_desk::refused(const rpc_refusal& refusal, time_point now)
{
    const auto found = calls_.find(refusal.id);
    if (found == calls_.end() || !found->second.written) return;
    auto what = std::move(found->second);
    calls_.erase(found);
    auto why = failure_of(refusal);
    switch (what.kind) {
    case call_kind::identify:
        // The socket opens for anybody: this is the first word on whether we may be here.
        if (is_unauthorized(refusal)) {
            refusal_ = std::move(why);
            break;
        }
        // Our own old connection, half open still, or another agent of this name: nothing depends on the
        // name.
        identify_at_ = now + settings_.identify_again;
        register_methods(now);
        ask_own(call_kind::server_info, "server.info", nullptr, now);
        break;
    case call_kind::server_info:
        if (is_unauthorized(refusal)) refusal_ = std::move(why);
        poll_at_ = now + settings_.poll;
        break;
    case call_kind::printer_info:
    case call_kind::settings:
    case call_kind::history:
    case call_kind::restore:
    case call_kind::register_notify: // another agent has a method of that name
    case call_kind::register_pause_reason:
    case call_kind::webcams:
    case call_kind::power_list:
        break; // without it a reason, limits, an id or a list are missing
    case call_kind::query:
        query_ended(what, std::move(why));
        break;
    case call_kind::objects_list:
    case call_kind::subscribe:
        follow_at_ = now + settings_.poll;
        ask_own(call_kind::server_info, "server.info", nullptr, now);
        break;
    default:
        action_refused(refusal.id, what, std::move(why), now);
    }
}

void moonraker_desk::noticed(const rpc_notice& notice, time_point now)
{
    static const json nothing;
    const auto& first = notice.params.is_array() && !notice.params.empty() ? notice.params.front() : nothing;
    if (notice.method == "notify_status_update") {
        if (following_) told_status(first, now);
    } else if (notice.method == "notify_klippy_ready") {
        ready_at_ = now;
        if (klippy_ == klippy::ready && following_) {
            // We asked before it was said. What is known stays until the new subscription's answer.
            follow(now);
        } else {
            lose_klippy(); // subscriptions did not survive
            klippy_is(klippy::ready, now);
        }
    } else if (notice.method == "notify_klippy_shutdown") {
        klippy_is(klippy::shutdown, now);
    } else if (notice.method == "notify_klippy_disconnected") {
        ready_at_.reset();
        klippy_is(klippy::disconnected, now);
    } else if (notice.method == "notify_gcode_response") {
        if (first.is_string()) gcode_said(first.get_ref<const std::string&>(), now);
    } else if (notice.method == "notify_history_changed") {
        if (text_in(first, "action") == "added") history_told(member(first, "job"), true, now);
    } else {
        (void)list_noticed(notice, now);
    }
}

bool moonraker_desk::waits_for_lock(call_kind kind)
{
    switch (kind) {
    case call_kind::pause:
    case call_kind::resume:
    case call_kind::cancel:
    case call_kind::home:
    case call_kind::heat:
    case call_kind::move:
    case call_kind::extrude:
    case call_kind::adjust:
    case call_kind::motors:
    case call_kind::level:
    case call_kind::console:
    case call_kind::macro:
    case call_kind::answer:
        return true;
    default:
        return false;
    }
}

std::optional<std::string> moonraker_desk::next_message(time_point now)
{
    while (online_ && !to_write_.empty()) {
        const auto id = to_write_.front();
        to_write_.pop_front();
        const auto found = calls_.find(id);
        if (found == calls_.end()) continue;
        auto& what = found->second;
        if (what.who && what.stop == 0) {
            if (const auto asked = askers_.find(*what.who);
                asked != askers_.end() && asked->second.deadline <= now) {
                action_refused(
                    id, what,
                    {printer_errc::late, "The command could not be sent in time; nothing was done."}, now);
                drop_call(id);
                continue;
            }
        }
        what.written = true;
        if (waits_for_lock(what.kind)) what.accept_at = now + settings_.accept_within;
        return std::move(what.message);
    }
    return std::nullopt;
}

bool moonraker_desk::tick(time_point now)
{
    std::vector<std::uint64_t> over;
    for (const auto& [id, what] : calls_)
        if (what.deadline && *what.deadline <= now) over.push_back(id);
    for (const auto id : over) {
        const auto kind = calls_.at(id).kind;
        if (kind == call_kind::objects_list || kind == call_kind::subscribe) follow_at_ = now;
        if (kind == call_kind::query)
            query_ended(calls_.at(id),
                        printer_failure{printer_errc::no_answer, "Moonraker did not answer in time."});
        drop_call(id);
    }
    std::vector<std::uint64_t> accepted;
    for (const auto& [id, what] : calls_)
        if (what.who && what.accept_at && *what.accept_at <= now) accepted.push_back(id);
    for (const auto id : accepted) {
        auto& what = calls_.at(id);
        performed done;
        if (job_ && job_facts_.live && !job_->id.empty()) done.job_id = job_->id;
        done.note = "Klipper has not carried it out yet: it does so once what it is busy with is done.";
        done.reply = std::move(what.reply);
        end(*what.who, std::move(done));
    }
    std::vector<ticket> late;
    for (const auto& [id, asked] : askers_)
        if (asked.deadline <= now) late.push_back(id);
    for (const auto id : late) {
        auto& asked = askers_.at(id);
        const auto made = calls_.find(asked.call);
        if (asked.held)
            end(id, *asked.held);
        else if (asked.call != 0 && !(start_ && start_->who == id && !start_->sent) &&
                 (made == calls_.end() ||
                  (made->second.written && made->second.kind != call_kind::start_check)))
            end(id,
                printer_failure{printer_errc::no_answer,
                                "Moonraker did not answer in time. It may still be carried out; look at the "
                                "printer's state before you ask again."});
        else {
            if (start_ && start_->who == id) start_failed();
            if (made != calls_.end()) drop_call(made->first);
            end(id, printer_failure{printer_errc::late,
                                    "The command could not be sent in time; nothing was done."});
        }
    }
    look_again(now);
    check_stops(now);
    if (online_) {
        if (now - heard_at_ >= settings_.silence) return false;
        const bool quiet = now - heard_at_ >= settings_.ask_after && !asked_since_heard_;
        if (quiet) asked_since_heard_ = true;
        if (quiet || (poll_at_ && *poll_at_ <= now)) {
            poll_at_.reset();
            ask_own(call_kind::server_info, "server.info", nullptr, now);
        }
        if (identify_at_ && *identify_at_ <= now) identify(now);
        if (follow_at_ && *follow_at_ <= now) follow(now);
    }
    publish(now);
    return true;
}

std::optional<moonraker_desk::time_point> moonraker_desk::next_wakeup() const
{
    std::optional<time_point> first;
    const auto consider = [&first](std::optional<time_point> at) {
        if (at && (!first || *at < *first)) first = at;
    };
    for (const auto& [id, what] : calls_) {
        consider(what.deadline);
        if (what.who) consider(what.accept_at);
    }
    for (const auto& [id, asked] : askers_)
        consider(asked.deadline);
    for (const auto& [id, stop] : open_stops_)
        if (!stop.device.empty() && !stop.power_sent) consider(stop.power_at);
    if (online_) {
        consider(heard_at_ + (asked_since_heard_ ? settings_.silence : settings_.ask_after));
        for (const auto& at : {poll_at_, identify_at_, follow_at_})
            consider(at);
        if (overlay_ && overlay_->answered) consider(*overlay_->answered + settings_.settle_within);
        if (start_) consider(start_->check_at);
        if (start_ && start_->answered) consider(*start_->answered + settings_.settle_within);
    }
    return first;
}

} // namespace layerline::printer::moonraker
