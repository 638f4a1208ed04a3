// Into the middle of a print: its host died, the printer still works off what it was sent. Nothing is reset:
// the firmware is asked who it is and which line it took last.
#include "printer/serial/line_codec.hpp"
#include "printer/serial/meatpack.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>
#include <charconv>

namespace layerline::printer::serial {

namespace {

constexpr milliseconds identity_patience{2000}, number_patience{1000}, last_ok{200};
constexpr int most_numbers_asked = 5;

// "Line: 12", Marlin's answer to a bare M110 (2.1.3 and later).
std::optional<std::uint64_t> told_line(const reply::any& what)
{
    const auto* said = std::get_if<reply::text>(&what);
    if (said == nullptr) return std::nullopt;
    std::string_view text = said->line;
    if (const auto at = text.find("Line:"); at == std::string_view::npos || at > 5)
        return std::nullopt; // "echo:" may stand before it
    else
        text.remove_prefix(at + 5);
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr != text.data() ? std::optional(number) : std::nullopt;
}

} // namespace

void protocol_machine::impl::begin_rejoin(std::uint64_t unused, time_point now)
{
    forget_conversation(now);
    at = stage::rejoin;
    beyond = unused;
    last_taken.reset();
    identity_told = named = false;
    numbers_asked = 0;
    firmware = {};
    if (settings.meatpack) outbox.put(meatpack::off);
    // The newline ends what the dead host left half said; without its checksum that is refused.
    outbox.put("\n");
    outbox.put("M110\n");
    ask_identity(now);
}

// All that the dead host still had under way is answered before this: only then an error about numbers is an
// answer to us.
void protocol_machine::impl::ask_identity(time_point now)
{
    outbox.put("M115\n");
    rejoin_at = now + identity_patience;
}

void protocol_machine::impl::ask_number(time_point now)
{
    // The number is judged before all else and refused, so that the line is never carried out; if it were, it
    // would only ask for temperatures.
    outbox.put(framed(beyond + static_cast<std::uint64_t>(numbers_asked), "M105"));
    ++numbers_asked;
    rejoin_at = now + number_patience;
}

void protocol_machine::impl::rejoin_reply(const reply::any& what, time_point now)
{
    if (const auto line = told_line(what)) last_taken = line;
    const bool is_ack = std::holds_alternative<reply::ack>(what);
    if (!identity_told) {
        if (!is_ack || !named) return; // an ok before the name is one of the dead host's
        identity_told = true;
        if (last_taken)
            finish_rejoin(now);
        else
            ask_number(now);
        return;
    }
    if (last_taken) {
        if (is_ack) finish_rejoin(now);
        return;
    }
    if (const auto* error = std::get_if<reply::line_error>(&what)) last_taken = error->last_line;
    if (const auto* resend = std::get_if<reply::resend>(&what); resend != nullptr && resend->line > 0)
        last_taken = resend->line - 1;
    if (last_taken) rejoin_at = now + last_ok; // the ok that belongs to the request may be missing
}

void protocol_machine::impl::rejoin_timer(time_point now)
{
    if (identity_told && last_taken) return finish_rejoin(now);
    // Whoever heats, homes or waits for a person answers when that is done.
    const bool alive = alive_at && now - *alive_at < identity_patience + keep_alive;
    if (!alive && now - hello_began >= settings.boot_patience + 2 * settings.hello_patience)
        return give_up("The port is open, but no firmware answers.");
    if (!identity_told) {
        if (alive)
            rejoin_at = now + identity_patience;
        else
            ask_identity(now);
        return;
    }
    if (numbers_asked >= most_numbers_asked)
        return give_up("The printer does not tell which line it took last.");
    ask_number(now);
}

void protocol_machine::impl::finish_rejoin(time_point now)
{
    ledger.restart_after(*last_taken);
    error_last_line.reset();
    tell(rejoined{*last_taken});
    finish_identify(now);
}

} // namespace layerline::printer::serial
