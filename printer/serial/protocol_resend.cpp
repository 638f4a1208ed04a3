// Requests to send lines again. Numbers make a print whole; acknowledgements only pace it.
#include "printer/serial/protocol_state.hpp"

#include <algorithm>

namespace layerline::printer::serial {

bool protocol_machine::impl::means_reset(std::uint64_t number) const
{
    // A board that had accepted our lines and now counts from nothing was reset, and its `start` was lost.
    if (number != 1 || !named_ack || ledger.accepted() < 2) return false;
    return error_last_line == 0U || (resend_line == 1 && resend_times >= 1);
}

// The wire may have damaged the number. The complaint before the request tells it, too: where the two differ,
// the one that fits what is on the wire is right.
std::uint64_t protocol_machine::impl::meant_line(std::uint64_t number) const
{
    if (!error_last_line || *error_last_line + 1 == number) return number;
    const auto other = *error_last_line + 1;
    const auto fits = [&](std::uint64_t line) { return line > ledger.accepted() && line <= ledger.sent(); };
    return fits(other) && !fits(number) ? other : number;
}

void protocol_machine::impl::on_resend(std::uint64_t number, time_point now)
{
    if (means_reset(number)) {
        on_reset(now);
        return;
    }
    number = meant_line(number);
    error_last_line.reset();
    const bool same = number == resend_line;
    if (holding && same && leftovers > 0) {
        --leftovers; // a line that was under way when the first request came
        hold(leftover_quiet, now);
        return;
    }
    resend_line = number;
    resend_times = same ? resend_times + 1 : 1;
    if (resend_times >= most_resends) {
        give_up("The printer asks for line " + std::to_string(number) +
                " again and again: its cable or the interference on it needs a look.");
        return;
    }
    if (number > ledger.sent() && number <= ledger.next()) {
        // A damaged request had us go back further than it meant; the lines between were taken long ago.
        ledger.skip_to(number, [&](const numbered_line& line) { tell(acknowledged{line.tag}); });
        hold(family->resend_ok, now);
        return;
    }
    if (number > ledger.sent()) {
        // It counts further than we do. In the beginning another hello sets that right.
        if (at == stage::identify && ++hello_rounds < 5)
            say_hello(now);
        else
            hold(family->resend_ok, now);
        return;
    }
    if (number < ledger.sent() && !ledger.keeps(number)) {
        // Nothing that it could want: the number is damaged, most likely. The next line's number will have it
        // ask again.
        if (resend_times >= most_not_kept) {
            give_up("The printer asks for line " + std::to_string(number) + ", which is no longer kept.");
            return;
        }
        hold(family->resend_ok, now);
        return;
    }
    tell(resend_asked{number});
    ++resends;
    // Everything before it was accepted; what came after it was thrown away.
    if (number > ledger.accepted() + 1 && ledger.find_in_flight(number - 1))
        ledger.accept(number - 1, [&](const numbered_line& line) { tell(acknowledged{line.tag}); });
    const auto first_behind = std::max(number, ledger.accepted()) + 1;
    leftovers = ledger.sent() > first_behind ? ledger.sent() - first_behind : 0;
    if (number < ledger.sent()) {
        ledger.rewind(number);
        outbox.drop_unbegun();
    }
    pack_again = true;
    urgent_after.clear();
    probes_out = postponed = 0;
    clean_left = clean_needed;
    clean_needed = std::min<std::uint64_t>(clean_needed * 2, 6400);
    clean_run = 0;
    hold(family->resend_ok, now);
}

void protocol_machine::impl::hold(milliseconds quiet, time_point now)
{
    holding = true;
    hold_until = now + quiet;
}

void protocol_machine::impl::release(time_point now)
{
    // No ok came: if it comes late it will be taken for another line's, until a numbered M105 sets it right.
    if (now >= hold_until && leftovers == 0) verify_at = now + milliseconds(1000);
    holding = false;
    leftovers = 0;
    wait_from = progress_at = now;
    busy_now = false;
    pump(now);
}

void protocol_machine::impl::note_clean_line()
{
    if (clean_left > 0) {
        --clean_left;
        return;
    }
    // A connection that stays clean earns back its trust.
    if (clean_needed > 50 && ++clean_run >= 4 * clean_needed) {
        clean_needed = std::max<std::uint64_t>(50, clean_needed / 2);
        clean_run = 0;
    }
}

} // namespace layerline::printer::serial
