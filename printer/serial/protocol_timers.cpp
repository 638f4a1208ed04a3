// Everything that happens because time passed. earliest() is the one list of what is due, so that a caller
// can sleep.
#include "printer/serial/line_codec.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>

namespace layerline::printer::serial {

namespace {

constexpr std::string_view question = "M105";
constexpr std::size_t most_unanswered = 8; // lines: more would only be noise to a firmware that does not read
constexpr milliseconds user_wait_memory{10000};
constexpr milliseconds poll_idle{3000}, poll_missing_report{5000}, poll_rarest{60000};

milliseconds doubled(milliseconds base, int times, milliseconds most)
{
    for (; times > 0 && base < most; --times)
        base *= 2;
    return std::min(base, most);
}

} // namespace

// From the last sign that concerns the oldest line on the wire until a probe.
milliseconds protocol_machine::impl::probe_after() const
{
    const auto* head = ledger.head();
    const bool blocks = head && head->blocking;
    const bool occupied = blocks || (busy_now && busy_lines > 1);
    milliseconds base = patience;
    if (ok_samples >= 32) base = std::min(base, std::max(shortest_patience, 4 * ok_peak));
    if (user_wait_at)
        base = user_wait_memory;
    else if (busy_now && occupied)
        base = busy_gap + settings.lost_ok;
    else if (busy_now) // may have been the last word of the line before: a question costs little
        base = std::max(base, settings.lost_ok);
    else if (blocks)
        base = busy_known    ? busy_gap + settings.lost_ok
               : busy_likely ? keep_alive + 2 * settings.lost_ok
                             : *head->blocking;
    // One loss after the other is likelier than a firmware that is busy without a word, at first.
    const int steps = (probes_out + postponed) / (occupied ? 1 : 3);
    const milliseconds most(steps < 6 ? 5000 : 60000);
    return std::max(base, doubled(base, steps, most));
}

milliseconds protocol_machine::impl::silence_limit() const
{
    const auto blocking = ledger.blocking_in_flight();
    const auto least = std::max(settings.silence, family->silence);
    if (!blocking || busy_known || auto_report) return least;
    return std::max(least, *blocking);
}

std::optional<time_point> protocol_machine::impl::poll_at() const
{
    const auto every = doubled(auto_report ? poll_missing_report : poll_idle, unanswered_polls, poll_rarest);
    auto due = std::max(temperature_at, polled_at) + every;
    if (verify_at) due = std::min(due, *verify_at);
    if (user_wait_at) due = std::max(due, *user_wait_at + user_wait_memory);
    return due;
}

std::optional<protocol_machine::impl::timer> protocol_machine::impl::earliest() const
{
    std::optional<timer> first;
    const auto due = [&](time_point when, void (impl::*fire)(time_point)) {
        if (!first || when < first->at) first = timer{when, fire};
    };
    if (at == stage::closed || at == stage::lost || at == stage::halted) return first;
    if (halt_at) due(*halt_at, &impl::halt_told);
    if (at == stage::hello) {
        due(settle_at ? *settle_at : hello_sent + settings.hello_patience, &impl::hello_timer);
        return first;
    }
    if (at == stage::rejoin) {
        due(rejoin_at, &impl::rejoin_timer);
        return first;
    }
    if (identify_at) due(*identify_at, &impl::identify_timer);
    if (unanswered_since) due(*unanswered_since + silence_limit(), &impl::silent);
    if (unwritten_since) due(*unwritten_since + settings.silence, &impl::unwritten);
    if (packing_due) {
        due(*packing_due, &impl::packing_timer);
        return first;
    }
    if (holding) {
        due(hold_until, &impl::release);
        return first;
    }
    const auto in_flight = ledger.lines_in_flight();
    if (in_flight > 0) {
        const auto blocking = ledger.blocking_in_flight();
        due(progress_at + std::max(stuck, blocking.value_or(stuck) + stuck), &impl::no_progress);
        if (outbox.empty() && in_flight < most_unanswered) due(wait_from + probe_after(), &impl::probe);
    } else if (at == stage::ready && setup.empty() && !ledger.unsent()) {
        due(*poll_at(), &impl::poll);
    }
    return first;
}

// The oldest line has no ok. A numbered M105 answers for it: its ok carries temperatures (or its number), so
// that all before it was accepted; if the line itself was lost, the gap in the numbers makes the firmware ask
// for it.
void protocol_machine::impl::probe(time_point now)
{
    wait_from = now;
    if (ledger.only_questions_in_flight()) {
        // Nothing hangs on it. If it was lost itself, the next line's number shows that.
        unanswered_polls = std::min(unanswered_polls + 1, 8);
        ledger.accept(ledger.sent() - 1, [](const numbered_line&) {});
        probes_out = postponed = 0;
        pump(now);
        return;
    }
    const bool staged = ledger.unsent() != nullptr;
    if (!staged) frame_into(probe_frame, ledger.next(), question);
    const std::size_t bytes = staged ? ledger.unsent()->frame.size() : probe_frame.size();
    if (postponed < 3 && ledger.bytes_in_flight() + bytes > settings.receive_buffer) {
        ++postponed; // it may not have read what is under way
        return;
    }
    if (!staged) {
        ledger.append(line_kind::probe, question, 0);
        ++probes;
    }
    ++probes_out;
    pack_again = true;
    transmit(now);
}

void protocol_machine::impl::poll(time_point now)
{
    polled_at = now;
    verify_at.reset();
    ledger.append(line_kind::poll, question, 0);
    pump(now);
}

void protocol_machine::impl::silent(time_point)
{
    give_up("The printer said nothing for " +
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silence_limit()).count()) +
            " seconds while an answer was due.");
}

void protocol_machine::impl::unwritten(time_point)
{
    give_up("The printer's port takes no more bytes.");
}

void protocol_machine::impl::no_progress(time_point)
{
    give_up("The printer still talks, but has acknowledged nothing for minutes.");
}

void protocol_machine::impl::halt_told(time_point)
{
    on_halted();
}

} // namespace layerline::printer::serial
