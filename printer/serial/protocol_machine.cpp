// The way in and out of the protocol machine, and the one place where lines go to the wire.
#include "printer/serial/protocol_machine.hpp"

#include "printer/serial/line_codec.hpp"
#include "printer/serial/meatpack.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>
#include <stdexcept>

namespace layerline::printer::serial {

// --- sending
// ------------------------------------------------------------------------------------------------

std::size_t protocol_machine::impl::window() const
{
    if (!advanced || clean_left > 0) return 1;
    return std::clamp<std::size_t>(settings.window_lines, 1, std::min(slots, most_window));
}

bool protocol_machine::impl::room_for(std::size_t bytes) const
{
    const auto lines = ledger.lines_in_flight();
    return lines == 0 || (lines < window() && ledger.bytes_in_flight() + bytes <= settings.receive_buffer);
}

void protocol_machine::impl::transmit(time_point now)
{
    if (ledger.lines_in_flight() == 0) {
        wait_from = progress_at = now;
        busy_now = false;
        probes_out = postponed = 0;
    }
    if (outbox.empty()) unwritten_since = now;
    put_frame(ledger.unsent()->frame);
    ledger.mark_sent();
}

void protocol_machine::impl::pump(time_point now)
{
    while (!holding && !packing_due && (at == stage::identify || at == stage::ready)) {
        if (!ledger.unsent()) {
            if (at != stage::ready) return;
            if (!setup.empty()) {
                ledger.append(line_kind::setup, setup.front(), 0);
                setup.pop_front();
            } else if (ledger.lines_in_flight() < window() && poll_at() <= now) {
                polled_at = now;
                verify_at.reset();
                ledger.append(line_kind::poll, "M105", 0);
            } else {
                return;
            }
        }
        if (!room_for(ledger.unsent()->frame.size())) return;
        transmit(now);
    }
}

// --- the public face
// ----------------------------------------------------------------------------------------

protocol_machine::protocol_machine(machine_settings settings) : impl_(std::make_unique<impl>(settings)) {}
protocol_machine::~protocol_machine() = default;

void protocol_machine::opened(time_point now)
{
    impl_->splitter.clear();
    impl_->begin_hello(now);
}

void protocol_machine::rejoin(std::uint64_t beyond, time_point now)
{
    impl_->splitter.clear();
    impl_->begin_rejoin(beyond, now);
}

void protocol_machine::receive(std::string_view bytes, time_point now)
{
    auto& self = *impl_;
    if (bytes.empty() || self.at == impl::stage::closed || self.at == impl::stage::lost) return;
    self.unanswered_since.reset();
    self.splitter.feed(bytes, [&](std::string_view line, bool whole) { self.handle_line(line, whole, now); });
    if (self.ledger.lines_in_flight() > 0 && !self.unanswered_since) self.unanswered_since = now;
}

void protocol_machine::tick(time_point now)
{
    // Each timer moves its own cause on; the bound only guards against a mistake in that.
    for (int fired = 0; fired < 64; ++fired) {
        const auto next = impl_->earliest();
        if (!next || next->at > now) return;
        (impl_.get()->*next->fire)(now);
    }
}

bool protocol_machine::can_send() const
{
    const auto& self = *impl_;
    return self.at == impl::stage::ready && !self.holding && !self.packing_due && self.setup.empty() &&
           !self.ledger.unsent() && self.ledger.lines_in_flight() < self.window();
}

void protocol_machine::send(std::string_view command, std::uint64_t tag, time_point now)
{
    if (!can_send()) throw std::logic_error("protocol_machine::send() while can_send() is false");
    if (!frameable(command, impl_->settings.max_line))
        throw std::logic_error("protocol_machine::send() of a command that is not frameable");
    if (command.size() == 2 && command[0] == 'T' && command[1] >= '0' && command[1] <= '9')
        impl_->active_tool = command[1] - '0';
    impl_->ledger.append(line_kind::host, command, tag);
    impl_->pump(now);
}

bool protocol_machine::send_urgent(std::string_view command, time_point now)
{
    auto& self = *impl_;
    if (self.at == impl::stage::closed || self.at == impl::stage::lost) return false;
    if (!frameable(command, self.settings.max_line)) return false;
    const bool was_empty = self.outbox.empty();
    std::string line = std::string(command) + '\n'; // rare enough to allocate
    if (self.packing || self.packing_due) line = meatpack::urgent_line(line);
    if (!self.outbox.put_urgent(line)) return false;
    if (was_empty) self.unwritten_since = now;
    // All but M112 act at once and are queued and acknowledged besides, after the lines that are ahead of
    // them.
    if (command != "M112" && (self.at == impl::stage::ready || self.at == impl::stage::identify) &&
        self.urgent_after.size() < 2 * line_outbox::most_urgent) {
        const auto unbegun = std::min<std::uint64_t>(self.outbox.unbegun(), self.ledger.lines_in_flight());
        self.urgent_after.push_back(self.ledger.sent() - 1 - unbegun);
    }
    return true;
}

void protocol_machine::listen(bool on)
{
    impl_->listening = on;
    if (!on) impl_->in_list = false;
}

std::size_t protocol_machine::in_flight() const
{
    return impl_->ledger.host_lines_pending();
}

std::string_view protocol_machine::output() const
{
    return impl_->outbox.front();
}

void protocol_machine::consumed(std::size_t count, time_point now)
{
    auto& self = *impl_;
    count = std::min(count, self.outbox.front().size());
    if (count == 0) return;
    const bool line_ended = self.outbox.consumed(count);
    self.unwritten_since.reset();
    if (!self.outbox.empty()) self.unwritten_since = now;
    if (!line_ended || self.at == impl::stage::hello || self.at == impl::stage::rejoin ||
        self.at == impl::stage::halted)
        return;
    self.wait_from = std::max(self.wait_from, now);
    if (!self.unanswered_since) self.unanswered_since = now;
}

std::optional<event> protocol_machine::next_event()
{
    if (impl_->events.empty()) return std::nullopt;
    auto first = std::move(impl_->events.front());
    impl_->events.pop_front();
    return first;
}

void protocol_machine::reuse(event&& done)
{
    auto& texts = impl_->spare_texts;
    auto& lists = impl_->spare_lists;
    const auto keep = [&](std::string& text) {
        if (texts.size() < impl::most_spare) texts.push_back(std::move(text));
    };
    if (auto* told = std::get_if<temperatures>(&done)) {
        if (lists.size() < impl::most_spare) lists.push_back(std::move(told->heaters));
    } else if (auto* words = std::get_if<said>(&done))
        keep(words->text);
    else if (auto* unknown = std::get_if<unknown_command>(&done))
        keep(unknown->text);
}

std::optional<time_point> protocol_machine::next_wakeup() const
{
    const auto next = impl_->earliest();
    return next ? std::optional(next->at) : std::nullopt;
}

std::uint64_t protocol_machine::next_number() const
{
    return impl_->ledger.next();
}

std::uint64_t protocol_machine::accepted_number() const
{
    return impl_->ledger.accepted();
}

bool protocol_machine::makes_sense() const
{
    return impl_->alive_at || impl_->at == impl::stage::identify || impl_->at == impl::stage::ready ||
           impl_->at == impl::stage::halted;
}

bool protocol_machine::heard_noise() const
{
    return impl_->garbled;
}

bool protocol_machine::is_connected() const
{
    return impl_->at == impl::stage::ready;
}
std::uint64_t protocol_machine::resends() const
{
    return impl_->resends;
}
std::uint64_t protocol_machine::probes() const
{
    return impl_->probes;
}

} // namespace layerline::printer::serial
