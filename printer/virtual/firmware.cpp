// The firmware's main loop as a simulation of events: bytes arrive, lines are judged and queued, commands
// run.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace layerline::printer::virtual_printer {

namespace {

constexpr std::uint64_t noise_seed = 0x68656174;

heater_design tool_design(const firmware_settings& s)
{
    return {"E0", 400, 130, 10, s.tool_maxtemp - 15, s.tool_maxtemp, 20};
}

heater_design bed_design(const firmware_settings& s)
{
    return {"bed", 140, 260, 6, s.bed_maxtemp - 10, s.bed_maxtemp, 60};
}

heater_design chamber_design(const firmware_settings& s)
{
    return {"CHAMBER", 70, 300, 5, s.chamber_maxtemp - 10, s.chamber_maxtemp, 60};
}

void sooner(std::optional<time_point>& best, const std::optional<time_point>& other)
{
    if (other && (!best || *other < *best)) best = other;
}

} // namespace

firmware::impl::impl(const firmware_settings& chosen, time_point now, executed_sink executed)
    : settings(chosen), sink(std::move(executed)), clock(now), wire(chosen.baud, chosen.receive_ring),
      assembler(chosen.max_cmd_size), faults(chosen.faults, chosen.seed), planner(chosen.block_buffer_size),
      inserted(chosen.card), tool(tool_design(chosen), chosen.ambient, chosen.seed ^ noise_seed),
      bed(bed_design(chosen), chosen.ambient, chosen.seed ^ (noise_seed + 1)), power_on(now), heat_at(now)
{
    if (chosen.chamber)
        chamber.emplace(chamber_design(chosen), chosen.ambient, chosen.seed ^ (noise_seed + 2));
    if (chosen.stuck_heater) tool.short_switch();
    start_boot();
}

nanoseconds firmware::impl::scaled(double simulated_seconds) const
{
    constexpr double longest = 1e7;
    return nanoseconds(std::llround(std::clamp(simulated_seconds / settings.speed, 0.0, longest) * 1e9));
}

void firmware::impl::say(std::string_view line)
{
    if (cable_out) return;
    wire.transmit(std::string(line) + '\n', clock);
}

bool firmware::impl::blocked() const
{
    return wire.backlog() > settings.transmit_ring;
}

std::optional<time_point> firmware::impl::next_event() const
{
    auto best = next_own_event();
    sooner(best, wire.next_arrival());
    return best;
}

std::optional<time_point> firmware::impl::next_own_event() const
{
    std::optional<time_point> best;
    sooner(best, boot_ends);
    if (blocked()) sooner(best, wire.drained_to(settings.transmit_ring));
    sooner(best, planner.next_completion());
    if (heat_active()) sooner(best, heat_at + scaled(0.1));
    if (!blocked() && !boot_ends) {
        sooner(best, wake_at);
        if (running) sooner(best, next_busy);
        sooner(best, next_heat_report);
        sooner(best, next_position_report);
        sooner(best, next_wait_report);
        if (!running) sooner(best, next_idle_word);
    }
    return best;
}

void firmware::impl::advance(time_point now)
{
    run();
    for (auto next = next_event(); next && *next <= now; next = next_event()) {
        clock = std::max(clock, *next);
        wire.advance(clock);
        fire();
        run();
    }
    clock = std::max(clock, now);
    wire.advance(clock);
}

// Lets happen what is due now. Each thing moves its own next time on, so the loop above ends.
void firmware::impl::fire()
{
    if (auto at = wire.next_arrival(); at && *at <= clock) {
        const char c = wire.arrive();
        ++tally.bytes_received;
        if (settings.emergency_parser && !tally.killed && !boot_ends) {
            if (auto what = emergencies.push(c)) emergency_now(*what);
        }
    }
    if (boot_ends && *boot_ends <= clock) {
        boot_ends.reset();
        boot_lines();
    }
    while (planner.next_completion() && *planner.next_completion() <= clock) {
        const auto ended = *planner.next_completion();
        planner.complete();
        if (planner.idle()) {
            motors_idle_since = ended;
            if (!synchronous) dry_since = ended;
        }
    }
    if (heat_active() && heat_at + scaled(0.1) <= clock) {
        heat_to(clock);
        if (check_heat()) return;
    }
    if (blocked() || boot_ends || tally.killed) return;
    if (wake_at && *wake_at <= clock) wake_at.reset(); // run() calls the step
    if (running && next_busy && *next_busy <= clock) {
        say(busy_text(settings, user_waiting));
        next_busy = clock + std::chrono::seconds(modes.keep_alive);
    }
    if (next_wait_report && *next_wait_report <= clock) {
        heat_to(clock);
        if (heat_waiting) say(heat_wait_text(settings, heat_now(), heat_waiting->left()));
        next_wait_report = clock + std::chrono::seconds(1);
    }
    if (next_heat_report && *next_heat_report <= clock) {
        heat_to(clock);
        say(heat_line());
        next_heat_report = clock + std::chrono::seconds(modes.report_heat);
    }
    if (next_idle_word && *next_idle_word <= clock) {
        if (!running) say("wait");
        next_idle_word = clock + std::chrono::seconds(1);
    }
    if (next_position_report && *next_position_report <= clock) {
        say(position_line());
        next_position_report = clock + std::chrono::seconds(modes.report_position);
    }
}

void firmware::impl::run()
{
    for (;;) {
        if (tally.killed || boot_ends) {
            while (wire.readable())
                wire.read();
            return;
        }
        if (blocked()) return;
        if (resend_pending) {
            finish_resend();
            continue;
        }
        bool did = false;
        while (queue.size() < settings.bufsize && wire.readable() && !blocked() && !resend_pending &&
               !cable_out) {
            const char byte = wire.read();
            meatpack_decoder::unpacked text{{byte}, 1};
            if (settings.meatpack) text = packing.push(byte);
            if (text.told) say(packing.report());
            for (std::size_t at = 0; at < text.count && halt_requested.empty(); ++at)
                if (auto line = assembler.push(text.bytes[at])) {
                    take_line(std::move(*line));
                    did = true;
                }
            if (!halt_requested.empty()) break;
        }
        if (!blocked() && !resend_pending && halt_requested.empty())
            did = step_queue() || feed_from_card() || did;
        if (!halt_requested.empty()) {
            halt(std::exchange(halt_requested, {}));
            return;
        }
        if (!did) return;
    }
}

// --- the public face ---

firmware::firmware(const firmware_settings& settings, time_point now, executed_sink sink)
    : impl_(std::make_unique<impl>(settings, now, std::move(sink)))
{
}

firmware::~firmware() = default;

std::size_t firmware::receive_room() const
{
    return impl_->wire.room();
}

void firmware::receive(std::string_view bytes, time_point now)
{
    impl_->advance(now);
    if (!impl_->cable_out) impl_->wire.from_host(bytes, impl_->clock);
    impl_->advance(now);
}

std::string firmware::take_output(time_point now)
{
    impl_->advance(now);
    return impl_->wire.take();
}

void firmware::advance(time_point now)
{
    impl_->advance(now);
}

std::optional<time_point> firmware::next_wakeup() const
{
    // Bytes do nothing before their line ends, and output is handed over a few milliseconds at a time. Where
    // a packed line ends is not to be seen.
    auto best = impl_->next_own_event();
    sooner(best, impl_->settings.meatpack ? impl_->wire.next_arrival() : impl_->wire.next_line_end());
    if (auto sent = impl_->wire.drained_to(0))
        sooner(best, std::min(*sent, impl_->clock + std::chrono::milliseconds(2)));
    return best;
}

void firmware::opened(time_point now)
{
    impl_->advance(now);
    ++impl_->tally.connections;
    if (impl_->settings.reset_on_open) impl_->start_boot();
}

void firmware::reset(time_point now)
{
    impl_->advance(now);
    impl_->start_boot();
}

void firmware::press(panel_button which, time_point now)
{
    impl_->advance(now);
    if (!impl_->boot_ends && !impl_->tally.killed) impl_->press(which);
    impl_->advance(now);
}

void firmware::unplug(time_point now)
{
    impl_->advance(now);
    if (!impl_->cable_out) impl_->pull_cable();
}

void firmware::replug(time_point now)
{
    impl_->advance(now);
    impl_->cable_out = false;
}

bool firmware::unplugged() const
{
    return impl_->cable_out;
}

firmware_status firmware::status(time_point now) const
{
    impl_->advance(now);
    impl_->heat_to(impl_->clock);
    impl_->settle_motors();
    auto out = impl_->tally;
    out.path = impl_->planner.tally();
    out.position = impl_->planner.position(impl_->clock);
    out.position[3] = impl_->modes.at[3];
    out.homed = impl_->modes.homed;
    out.motors_on = impl_->modes.motors_on;
    out.tool = {impl_->tool.reading(), impl_->tool.target()};
    out.bed = {impl_->bed.reading(), impl_->bed.target()};
    if (impl_->chamber) out.chamber = heater_reading{impl_->chamber->reading(), impl_->chamber->target()};
    out.bytes_lost = impl_->wire.lost();
    return out;
}

} // namespace layerline::printer::virtual_printer
