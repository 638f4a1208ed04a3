// Opening a conversation: hello until an ok, the firmware's name and capabilities, our settings; and again
// after a reset.
#include "printer/serial/line_codec.hpp"
#include "printer/serial/meatpack.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>

namespace layerline::printer::serial {

void protocol_machine::impl::begin_hello(time_point now)
{
    forget_conversation(now);
    say_hello(now);
}

// Everything that was so of the printer before.
void protocol_machine::impl::forget_conversation(time_point now)
{
    at = stage::hello;
    ledger.restart();
    outbox.clear();
    setup.clear();
    family = &profile_of(settings.kind.value_or(firmware_kind::unknown));
    urgent_after.clear();
    settle_at.reset();
    identify_at.reset();
    verify_at.reset();
    halt_at.reset();
    halt_text.clear();
    unanswered_since.reset();
    unwritten_since.reset();
    busy_at.reset();
    user_wait_at.reset();
    error_last_line.reset();
    alive_at.reset();
    holding = advanced = plain_oks = named_ack = busy_now = busy_known = busy_likely = false;
    auto_report = garbled = packing = pack_again = false;
    packing_due.reset();
    slots = 1;
    resend_line = 0;
    resend_times = probes_out = postponed = unanswered_polls = hello_rounds = active_tool = 0;
    clean_needed = 50;
    clean_left = clean_run = 0;
    patience = settings.lost_ok;
    ok_peak = {};
    ok_samples = 0;
    busy_gap = keep_alive;
    hello_began = now;
    temperature_at = polled_at = now;
}

void protocol_machine::impl::say_hello(time_point now)
{
    at = stage::hello;
    hello_oks = 0;
    settle_at.reset();
    hello_sent = now;
    outbox.drop_unbegun();
    if (settings.meatpack) outbox.put(meatpack::off); // a predecessor may have turned it on
    // The newline ends what a dead predecessor may have left half said; twice, since noise eats the first.
    outbox.put("\n");
    outbox.put(framed_restart());
    outbox.put(framed_restart());
}

void protocol_machine::impl::hello_reply(const reply::any& what, time_point now)
{
    if (const auto* boot = std::get_if<reply::boot>(&what)) {
        if (boot->start) {
            hello_began = now;
            say_hello(now);
        }
        alive_at = now;
    } else if (std::holds_alternative<reply::ack>(what)) {
        ++hello_oks;
        if (!settle_at || hello_oks >= 2) settle_at = hello_oks >= 2 ? now : now + settle;
    }
}

void protocol_machine::impl::hello_timer(time_point now)
{
    if (settle_at) {
        begin_identify(now);
        return;
    }
    // A firmware that heats or waits for a person answers when it is done; each hello would only fill its
    // queue.
    if (alive_at && now - *alive_at < settings.hello_patience + keep_alive) {
        hello_sent = hello_began = now;
        return;
    }
    if (now - hello_began >= settings.boot_patience + 2 * settings.hello_patience) {
        give_up(
            garbled
                ? "The printer's bytes make no sense: the baud rate is probably wrong. baud = \"auto\" looks "
                  "for the right one."
                : "The port is open, but no firmware answers.");
        return;
    }
    say_hello(now);
}

void protocol_machine::impl::begin_identify(time_point now)
{
    at = stage::identify;
    ledger.restart();
    settle_at.reset();
    named = false;
    asked = 0;
    firmware = {};
    ask_firmware(now);
}

void protocol_machine::impl::ask_firmware(time_point now)
{
    ++asked;
    identify_at.reset();
    ledger.append(line_kind::setup, "M115", 0);
    pump(now);
}

void protocol_machine::impl::identify_progress(bool was_ok, time_point now)
{
    if (ledger.lines_in_flight() > 0 || ledger.unsent()) return;
    if (!named)
        identify_at = now + milliseconds(1000);
    else if (was_ok)
        finish_identify(now);
    else
        identify_at = now + settle; // its ok came early (hello's last): wait for the end of the list
}

void protocol_machine::impl::identify_timer(time_point now)
{
    identify_at.reset();
    if (named || asked >= 2)
        finish_identify(now);
    else
        ask_firmware(now);
}

void protocol_machine::impl::finish_identify(time_point now)
{
    at = stage::ready;
    identify_at.reset();
    const auto& can = firmware.capabilities;
    auto_report = std::find(can.begin(), can.end(), "AUTOREPORT_TEMP") != can.end();
    const auto kind = settings.kind.value_or(kind_of(firmware));
    family = &profile_of(kind);
    if (auto_report) setup.emplace_back("M155 S1");
    if (!family->keep_alive.empty()) setup.emplace_back(family->keep_alive);
    setup.emplace_back("M105");
    busy_likely = !family->keep_alive.empty(); // until it turns out to be unknown
    temperature_at = polled_at = now;
    tell(connected{firmware, kind});
    ask_packing(now);
    pump(now);
}

void protocol_machine::impl::on_reset(time_point now)
{
    const bool was_talking = at == stage::ready || at == stage::halted || at == stage::rejoin;
    if (was_talking) tell(was_reset{});
    begin_hello(now);
}

void protocol_machine::impl::give_up(std::string text)
{
    at = stage::lost;
    outbox.clear();
    setup.clear();
    ledger.restart();
    tell(gone_silent{std::move(text)});
}

} // namespace layerline::printer::serial
