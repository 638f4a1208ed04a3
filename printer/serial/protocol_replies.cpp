// What each line from the firmware does.
#include "printer/serial/card_reply.hpp"
#include "printer/serial/meatpack.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>

namespace layerline::printer::serial {

namespace {

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

constexpr std::size_t most_capabilities = 128, most_text = 256;

bool mostly_noise(std::string_view line)
{
    const auto odd = std::count_if(line.begin(), line.end(), [](char c) { return c < 0x20 || c > 0x7e; });
    return static_cast<std::size_t>(odd) * 4 > line.size();
}

// Whether somebody who asked the printer something would want to read the line.
bool is_answer(const reply::any& what, std::string_view line)
{
    if (std::holds_alternative<reply::busy>(what) || std::holds_alternative<reply::wait>(what)) return false;
    if (const auto* report = std::get_if<reply::temperature>(&what)) return report->acknowledges;
    return !(std::holds_alternative<reply::ack>(what) && line.size() <= 3);
}

} // namespace

void protocol_machine::impl::tell(event what)
{
    // Acknowledgements are bounded by the window; a firmware that babbles must not fill the memory.
    const bool chatter = std::holds_alternative<said>(what) || std::holds_alternative<heard>(what) ||
                         std::holds_alternative<temperatures>(what) ||
                         std::holds_alternative<positioned>(what) || std::holds_alternative<busy>(what) ||
                         std::holds_alternative<unknown_command>(what) ||
                         std::holds_alternative<resend_asked>(what);
    if (events.size() >= most_events && chatter) return;
    events.push_back(std::move(what));
    while (events.size() > 4 * most_events)
        events.pop_front();
}

std::string protocol_machine::impl::text_of(std::string_view words)
{
    std::string text;
    if (!spare_texts.empty()) {
        text = std::move(spare_texts.back());
        spare_texts.pop_back();
    }
    text.assign(words);
    return text;
}

void protocol_machine::impl::handle_line(std::string_view line, bool whole, time_point now)
{
    if (at == stage::closed || at == stage::lost) return;
    if (!whole || mostly_noise(line)) garbled = true;
    if (!whole) return;
    if (settings.meatpack)
        if (const auto on = meatpack::told(line)) return packing_told(*on, now);
    if (listening && at == stage::ready && is_of_list(line)) {
        tell(heard{std::string(line)});
        tell(said{text_of(line)});
        return;
    }
    if (const auto second = reply::glued_ok(line); second > 0) {
        handle_line(line.substr(0, second), true, now);
        handle_line(line.substr(second), true, now);
        return;
    }
    const auto what = reply::parse(line);
    if (at == stage::hello) hello_reply(what, now);
    const bool acks = at == stage::identify || at == stage::ready; // the ok that ends a rejoin is no line's
    if (at == stage::rejoin) rejoin_reply(what, now);
    if (listening && at == stage::ready && is_answer(what, line)) tell(heard{std::string(line)});
    std::visit(overloaded{
                   [&](const reply::ack& ack) {
                       if (acks)
                           on_ack(ack, now);
                       else if (!ack.temperature.empty())
                           on_temperature(ack.temperature, now);
                   },
                   [&](const reply::resend& asks) {
                       if (acks) on_resend(asks.line, now);
                   },
                   [&](const reply::boot& boot) {
                       if (at == stage::hello) return;
                       if (boot.start || at == stage::halted)
                           on_reset(now);
                       else if (at == stage::ready)
                           verify_at = now; // a reset whose `start` was lost shows in the numbers
                   },
                   [&](const reply::wait&) {
                       if (acks && !holding && outbox.empty() && ledger.lines_in_flight() > 0 &&
                           now - progress_at >= settings.lost_ok)
                           accept(ledger.sent() - 1, now); // idle, with an empty queue: its ok is lost
                   },
                   [&](const reply::busy& says) { on_busy(says.for_user, now); },
                   [&](const reply::temperature& says) {
                       on_temperature(says.report, now);
                       if (says.acknowledges && acks) on_ack({}, now);
                   },
                   [&](const reply::position& says) {
                       tell(positioned{says.at});
                       if (says.acknowledges && acks) on_ack({}, now);
                   },
                   [&](const reply::firmware& says) {
                       firmware.name = says.name.substr(0, most_text);
                       firmware.machine = says.machine.substr(0, most_text);
                       firmware.uuid = says.uuid.substr(0, most_text);
                       named = true;
                       if (at == stage::identify) identify_progress(false, now);
                   },
                   [&](const reply::capability& says) {
                       if (at != stage::identify && at != stage::rejoin) return;
                       auto& all = firmware.capabilities;
                       const bool known = std::find(all.begin(), all.end(), says.name) != all.end();
                       if (says.on && !known && all.size() < most_capabilities) all.emplace_back(says.name);
                       if (at == stage::identify) identify_progress(false, now);
                   },
                   [&](const reply::geometry& says) {
                       if (at != stage::identify && at != stage::rejoin) return;
                       firmware.travel = says.full;
                       if (at == stage::identify) identify_progress(false, now);
                   },
                   [&](const reply::action& says) { tell(host_action{std::string(says.text)}); },
                   [&](const reply::line_error& says) {
                       error_last_line = says.last_line;
                       tell(said{text_of(says.text)});
                   },
                   [&](const reply::halt& says) { on_halt(says, now); },
                   [&](const reply::unknown_command& says) {
                       if (says.text.find("M113") != std::string::npos) busy_likely = false;
                       const auto* head = ledger.head();
                       if (head && head->kind == line_kind::setup) return;
                       // Damage to the N itself looks like this, and the line is lost though an ok comes.
                       if (at == stage::ready) verify_at = now + settings.lost_ok;
                       tell(unknown_command{text_of(says.text)});
                   },
                   [&](const reply::text& says) {
                       if (at != stage::hello || !mostly_noise(line)) tell(said{text_of(says.line)});
                   },
               },
               what);
}

// While a card's list is read its entries are names of files and nothing else, whatever they look like.
bool protocol_machine::impl::is_of_list(std::string_view line)
{
    if (in_list && card_reply::parse_entry(line)) return true;
    const auto what = card_reply::parse(line);
    if (!what) return false;
    if (std::holds_alternative<card_reply::list_begins>(*what)) in_list = true;
    if (std::holds_alternative<card_reply::list_ends>(*what)) in_list = false;
    return false;
}

void protocol_machine::impl::on_ack(const reply::ack& ack, time_point now)
{
    if (!ack.temperature.empty()) on_temperature(ack.temperature, now);
    if (ack.position) tell(positioned{*ack.position});
    if (ack.buffer_free && ack.line) {
        advanced = true;
        slots = std::max(slots, static_cast<std::size_t>(*ack.buffer_free) + 1);
    }
    if (holding) {
        // The ok of a resend request. With lines still under way, more requests may follow.
        if (leftovers == 0)
            release(now);
        else
            hold_until = now + leftover_quiet;
        return;
    }
    // Where each ok tells its line, one that does not belongs to no line.
    if (family->ok_tells_line && named_ack && !ack.line && !ack.bare_number) return;
    for (int times = 0; times < ack.count; ++times) {
        const auto* question = ledger.temperature_question();
        const auto line = ack.line ? ack.line : family->ok_tells_line ? ack.bare_number : std::nullopt;
        if (line) {
            if (!ledger.find_in_flight(*line)) break; // told before
            named_ack = true;
            accept(*line, now);
            break;
        }
        if (!ack.temperature.empty() && question) {
            named_ack = named_ack || plain_oks;
            if (probes_out > 0 && question->number != ledger.accepted() + 1) patience = settings.lost_ok;
            accept(question->number, now);
        } else if (ack.temperature.empty() || !plain_oks) {
            on_plain_ok(now);
        }
        // Else the answer to an M105 that a surplus ok had acknowledged before: dropping it sets that right.
    }
    if (at == stage::identify) identify_progress(true, now);
}

void protocol_machine::impl::on_plain_ok(time_point now)
{
    if (!urgent_after.empty() && urgent_after.front() <= ledger.accepted()) {
        urgent_after.pop_front();
        return;
    }
    const auto* head = ledger.head();
    if (!head) return; // surplus
    if (!head->asks_temperature) plain_oks = true;
    accept(head->number, now);
}

// Learns how soon this printer's ok comes, so that a lost one is missed soon.
void protocol_machine::impl::note_latency(std::uint64_t number, time_point now)
{
    const auto* question = ledger.temperature_question();
    if (probes_out > 0) {
        if (!question || question->kind != line_kind::probe || number >= question->number) return;
        // As soon as the probe's own ok could have come, it was only held up on its way.
        if (now - wait_from <= std::min(2 * ok_peak, milliseconds(50))) return;
        // The line was then acknowledged by itself, and the probe needless: this printer is only slow.
        patience = std::min(patience * 3 / 2, settings.lost_ok + keep_alive);
        ok_samples = 0;
        return;
    }
    if (patience > settings.lost_ok) patience = std::max(settings.lost_ok, patience - patience / 64);
    const auto* head = ledger.head();
    if (busy_now || !head || head->blocking) return;
    const auto took = std::chrono::duration_cast<milliseconds>(now - wait_from);
    ok_peak = std::max(took, ok_peak - ok_peak / 32);
    ++ok_samples;
}

void protocol_machine::impl::accept(std::uint64_t number, time_point now)
{
    note_latency(number, now);
    ledger.accept(number, [&](const numbered_line& line) {
        tell(acknowledged{line.tag});
        note_clean_line();
    });
    while (!urgent_after.empty() && urgent_after.front() < number)
        urgent_after.pop_front();
    wait_from = progress_at = now;
    busy_now = false;
    user_wait_at.reset();
    unanswered_polls = 0;
    if (!ledger.temperature_question() || ledger.only_questions_in_flight()) probes_out = 0;
    postponed = 0;
    pump(now);
}

void protocol_machine::impl::on_temperature(const temperature_report& report, time_point now)
{
    temperature_at = now;
    if (report.waiting) {
        alive_at = now;
        busy_now = true; // as good as a busy line: a heat-up is being waited for
        wait_from = progress_at = now;
    }
    temperatures told;
    if (!spare_lists.empty()) {
        told.heaters = std::move(spare_lists.back());
        spare_lists.pop_back();
    }
    report.heaters(active_tool, told.heaters);
    tell(std::move(told));
}

void protocol_machine::impl::on_busy(bool for_user, time_point now)
{
    // One after the other at once is noise: firmware says it once a second at most.
    if (!busy_now)
        busy_lines = 1;
    else if (!busy_at || now - *busy_at >= keep_alive / 2)
        ++busy_lines;
    if (busy_now && busy_at) {
        const auto gap = std::chrono::duration_cast<milliseconds>(now - *busy_at);
        busy_gap = std::clamp(gap, keep_alive, milliseconds(10000));
    }
    busy_at = alive_at = now;
    busy_known = busy_now = true;
    wait_from = progress_at = now;
    user_wait_at.reset();
    if (for_user) user_wait_at = now;
    tell(busy{for_user});
}

void protocol_machine::impl::on_halt(const reply::halt& what, time_point now)
{
    if (at == stage::halted) return;
    if (halt_text.size() < line_splitter::longest) {
        if (!halt_text.empty()) halt_text += ' ';
        halt_text += what.text;
    }
    if (what.final)
        on_halted();
    else
        halt_at = now + milliseconds(500); // the rest of it comes on lines of its own
}

void protocol_machine::impl::on_halted()
{
    at = stage::halted;
    ledger.restart();
    outbox.drop_unbegun();
    setup.clear();
    holding = false;
    halt_at.reset();
    tell(killed{std::exchange(halt_text, std::string())});
}

} // namespace layerline::printer::serial
