// The link's desk: matching replies to requests, keeping the state with its age, deciding when to give up.
#include "printer/serial/link_desk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace layerline::printer::serial {

namespace {

// What to say when the answer to a request that went out will never come.
constexpr std::string_view unsure =
    " It is not known whether it was carried out; look at the printer's state before you ask again.";

// Whether two states differ in what a viewer sees: sequence and age are bookkeeping.
bool same_news(printer_state a, printer_state b)
{
    a.sequence = b.sequence = 0;
    a.age_ms.reset();
    b.age_ms.reset();
    return a == b;
}

} // namespace

link_desk::link_desk(link_settings settings)
    : settings_(std::move(settings)), next_retry_(settings_.first_retry)
{
    known_.now = phase::offline;
    known_.away = printer_errc::host_gone;
    known_.reason = "The print host has not been reached yet.";
}

void link_desk::connected(time_point now)
{
    online_ = true;
    partial_.clear();
    refusal_.reset();
    heard_at_ = now;
    asked_since_heard_ = false;
    queue_own(ask_capabilities{}, now + settings_.answer_within);
}

void link_desk::disconnected(printer_errc kind, std::string why, time_point)
{
    online_ = false;
    partial_.clear();
    if (refusal_) {
        kind = refusal_->code;
        why = refusal_->detail;
    }
    refusal_.reset();
    // The last values stay, with their age; only what says "away" changes.
    auto news = known_;
    news.now = phase::offline;
    news.away = kind;
    news.reason = why;
    if (!same_news(news, known_)) {
        news.sequence = known_.sequence + 1;
        known_ = std::move(news);
    }
    auto open = std::exchange(open_, {});
    to_write_.clear();
    for (auto& [id, q] : open) {
        if (q.held) outcomes_.push_back(std::move(*q.held));
        if (q.ours) continue;
        if (q.written)
            outcomes_.push_back({id, printer_failure{printer_errc::no_answer,
                                                     "The connection to the print host was lost before it "
                                                     "answered." +
                                                         std::string(unsure)}});
        else
            outcomes_.push_back({id, printer_failure{kind, why}});
    }
}

bool link_desk::receive(std::string_view bytes, time_point now)
{
    while (!bytes.empty()) {
        auto end_of_line = bytes.find('\n');
        auto part = bytes.substr(0, end_of_line);
        if (partial_.size() + part.size() > max_host_message) return false;
        if (end_of_line == std::string_view::npos) {
            partial_.append(part);
            return true;
        }
        bytes.remove_prefix(end_of_line + 1);
        if (partial_.empty()) {
            line(part, now);
        } else {
            partial_.append(part);
            line(std::exchange(partial_, {}), now);
        }
    }
    return true;
}

std::chrono::milliseconds link_desk::retry_delay()
{
    auto delay = next_retry_;
    next_retry_ = std::min(next_retry_ * 2, settings_.last_retry);
    return delay;
}

link_desk::ticket link_desk::ask(action what, terms how, time_point now)
{
    const auto id = ++last_id_;
    const bool urgent = std::holds_alternative<emergency_stop>(what);
    if (urgent) how.time_left.reset(); // an emergency stop is never late
    if (!online_) {
        outcomes_.push_back(
            {id, printer_failure{known_.away.value_or(printer_errc::host_gone), known_.reason}});
        return id;
    }
    const auto time = how.time_left.value_or(settings_.answer_within);
    if (time <= std::chrono::milliseconds::zero()) {
        outcomes_.push_back({id, printer_failure{printer_errc::late,
                                                 "The time for this command had run out before it could be "
                                                 "sent to the print host; nothing was done."}});
        return id;
    }
    if (!urgent && open_.size() >= settings_.most_waiting) {
        outcomes_.push_back({id, printer_failure{printer_errc::too_many_clients,
                                                 "Too many commands are waiting for the print host; nothing "
                                                 "was done. Try again in a moment."}});
        return id;
    }
    open_.emplace(id, question{std::move(what), std::move(how), now + time, false, false, urgent});
    if (urgent)
        to_write_.push_front(id);
    else
        to_write_.push_back(id);
    return id;
}

void link_desk::forget(ticket id)
{
    auto found = open_.find(id);
    if (found == open_.end()) {
        std::erase_if(outcomes_, [id](const outcome& o) { return o.id == id; });
        for (auto& [own, q] : open_)
            if (q.held && q.held->id == id) q.held.reset();
        return;
    }
    if (found->second.urgent && !found->second.written) {
        found->second.ours = true; // goes out all the same; nobody waits for its answer
        return;
    }
    if (!found->second.written) std::erase(to_write_, id);
    open_.erase(found);
}

std::optional<std::string> link_desk::next_line(time_point now)
{
    while (online_ && !to_write_.empty()) {
        const auto id = to_write_.front();
        to_write_.pop_front();
        auto found = open_.find(id);
        if (found == open_.end()) continue;
        auto& q = found->second;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(q.deadline - now);
        if (left <= std::chrono::milliseconds::zero() && !q.urgent) {
            end(id, printer_failure{printer_errc::late,
                                    "The print host did not take the command in time; nothing was done."});
            continue;
        }
        if (q.how.time_left) q.how.time_left = left; // each hop takes off its own waiting
        q.written = true;
        host_request request{id, q.what, q.how};
        // A host that hangs and reads this after we gave up must do nothing: at the deadline, or when it was
        // silent for so long that the connection is dropped.
        if (!q.urgent)
            request.until_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::min(q.deadline, heard_at_ + settings_.silence).time_since_epoch())
                                   .count();
        return encode_request(request);
    }
    return std::nullopt;
}

std::optional<link_desk::outcome> link_desk::next_outcome()
{
    if (outcomes_.empty()) return std::nullopt;
    auto first = std::move(outcomes_.front());
    outcomes_.pop_front();
    return first;
}

bool link_desk::tick(time_point now)
{
    std::vector<ticket> over;
    for (const auto& [id, q] : open_)
        if (q.deadline <= now) over.push_back(id);
    for (auto id : over) {
        if (open_.at(id).written)
            end(id, printer_failure{printer_errc::no_answer,
                                    "The print host did not answer in time." + std::string(unsure)});
        else
            end(id, printer_failure{printer_errc::late,
                                    "The print host did not take the command in time; nothing was done."});
    }
    if (!online_) return true;
    if (now - heard_at_ >= settings_.silence) return false;
    if (now - heard_at_ >= settings_.ask_after && !asked_since_heard_) {
        asked_since_heard_ = true;
        queue_own(ask_state{}, now + settings_.answer_within);
    }
    return true;
}

std::optional<link_desk::time_point> link_desk::next_wakeup() const
{
    std::optional<time_point> first;
    auto consider = [&first](time_point at) {
        if (!first || at < *first) first = at;
    };
    for (const auto& [id, q] : open_)
        consider(q.deadline);
    if (online_) consider(heard_at_ + (asked_since_heard_ ? settings_.silence : settings_.ask_after));
    return first;
}

printer_state link_desk::state(time_point now) const
{
    auto copy = known_;
    copy.age_ms.reset();
    if (told_at_ && known_.age_ms) {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - *told_at_).count();
        copy.age_ms = *known_.age_ms + static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
    }
    return copy;
}

void link_desk::line(std::string_view text, time_point now)
{
    heard_at_ = now;
    asked_since_heard_ = false;
    if (text.empty()) return;
    auto message = decode_from_host(text);
    if (!message) {
        ++malformed_;
        return;
    }
    if (auto* event = std::get_if<host_event>(&*message))
        told(std::move(event->state), now);
    else
        replied(std::get<host_reply>(std::move(*message)), now);
}

void link_desk::told(printer_state told, time_point now)
{
    next_retry_ = settings_.first_retry;
    told_at_ = now;
    const bool changed = !same_news(told, known_);
    told.sequence = known_.sequence + (changed ? 1 : 0); // the host's own count starts anew with each host
    // What it can do depends on what answers on its port.
    if (told.firmware != known_.firmware) queue_own(ask_capabilities{}, now + settings_.answer_within);
    // A host that is in touch with its printer and names no age means "just now".
    if (told.now != phase::offline && !told.age_ms) told.age_ms = 0;
    known_ = std::move(told);
}

void link_desk::replied(host_reply reply, time_point now)
{
    // A reply to no request of ours is the host's reason for closing the connection.
    if (reply.id == 0) {
        if (auto* failure = std::get_if<printer_failure>(&reply.what)) refusal_ = std::move(*failure);
        return;
    }
    auto found = open_.find(reply.id);
    if (found == open_.end()) return; // came after its time, or nobody waits
    if (auto* state = std::get_if<printer_state>(&reply.what)) {
        told(std::move(*state), now);
        end(reply.id, performed{});
    } else if (auto* can = std::get_if<link_capabilities>(&reply.what)) {
        capabilities_ = *can;
        end(reply.id, performed{});
    } else if (auto* failure = std::get_if<printer_failure>(&reply.what)) {
        end(reply.id, std::move(*failure));
    } else {
        done(reply.id, std::get<performed>(std::move(reply.what)), now);
    }
}

// The host tells its state after its reply, perhaps a while after: asked for it, it tells it at once.
void link_desk::done(ticket id, performed what, time_point now)
{
    auto& q = open_.at(id);
    if (q.ours || q.urgent) {
        end(id, std::move(what));
        return;
    }
    const auto deadline = std::min(now + settings_.state_after, q.deadline);
    open_.erase(id);
    queue_own(ask_state{}, deadline, outcome{id, std::move(what)});
}

void link_desk::queue_own(std::variant<action, ask_state, ask_capabilities> what, time_point deadline,
                          std::optional<outcome> held)
{
    const auto id = ++last_id_;
    open_.emplace(id, question{std::move(what), {}, deadline, true, false, false, std::move(held)});
    to_write_.push_back(id);
}

void link_desk::end(ticket id, printer_result<performed> what)
{
    auto found = open_.find(id);
    if (found == open_.end()) return;
    const bool ours = found->second.ours;
    if (found->second.held) outcomes_.push_back(std::move(*found->second.held));
    if (!found->second.written) std::erase(to_write_, id);
    open_.erase(found);
    if (!ours) outcomes_.push_back({id, std::move(what)});
}

} // namespace layerline::printer::serial
