#include "long_print.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace layerline::tests {

using namespace std::chrono_literals;
using namespace printer::serial;
using printer::virtual_printer::firmware;
using printer::virtual_printer::firmware_settings;

std::string long_print_line(std::uint64_t index)
{
    // Steps of 0.007 mm: the planner has room for all that the wire brings.
    const auto x = index * 7 % 250'000, y = index / 250'000;
    std::array<char, 64> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "G1 X%u.%03u Y%u F9000", static_cast<unsigned>(x / 1000),
                      static_cast<unsigned>(x % 1000), static_cast<unsigned>(y));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<std::uint64_t> long_print_index(std::string_view line)
{
    unsigned whole = 0, part = 0;
    std::uint64_t row = 0;
    const auto take = [&](std::string_view word, auto& number) {
        if (!line.starts_with(word)) return false;
        line.remove_prefix(word.size());
        const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), number);
        if (failed != std::errc()) return false;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        return true;
    };
    if (!take("G1 X", whole) || !take(".", part) || !take(" Y", row) || line != " F9000") return std::nullopt;
    // 107143 undoes the factor of 7.
    constexpr std::uint64_t undone = 107'143;
    return row * 250'000 + (std::uint64_t{whole} * 1000 + part) % 250'000 * undone % 250'000;
}

void arrival_check::carried_out(std::string_view command)
{
    const auto index = long_print_index(command);
    if (!index) {
        ++strange_;
        return;
    }
    if (*index < next_) { // also what was late: a print in another order is none
        ++doubled_;
        return;
    }
    ++executed_;
    lost_ += *index - next_;
    next_ = *index + 1;
}

void arrival_check::count_into(long_print_outcome& outcome, std::uint64_t lines) const
{
    outcome.executed = executed_;
    outcome.doubled = doubled_;
    outcome.strange = strange_;
    outcome.lost = lost_ + (lines > next_ ? lines - next_ : 0);
}

namespace {

constexpr std::array<std::chrono::milliseconds, 4> stall_steps{250ms, 500ms, 1000ms, 2000ms};

firmware_settings board_of(const long_print_settings& settings)
{
    firmware_settings board;
    board.advanced_ok = settings.advanced_ok;
    board.meatpack = settings.meatpack;
    board.busy = settings.busy;
    board.baud = settings.baud;
    board.seed = settings.seed;
    board.speed = 1000; // moves take no time to speak of: every wait is for a line
    board.boot_time = 1ms;
    board.faults = {
        .drop_ok = settings.chance, .corrupt = settings.chance, .resend_without_ok = settings.chance};
    return board;
}

// One print; its parts in the order in which a byte passes them.
struct long_run {
    const long_print_settings settings;
    long_print_outcome outcome;
    arrival_check arrivals;
    time_point now{1h}, last_arrival{};
    protocol_machine machine;
    firmware board;
    bad_cable cable;
    printer::virtual_printer::chance luck;
    std::uint64_t next = 0;
    std::optional<time_point> write_at; // the port takes nothing before

    explicit long_run(const long_print_settings& chosen)
        : settings(chosen), machine({.window_lines = chosen.window_lines, .meatpack = chosen.meatpack}),
          board(board_of(chosen), now, [this](std::string_view command, auto) { arrived(command); }),
          cable(cable_faults::all(chosen.chance), chosen.seed * 2 + 1), luck(chosen.seed * 2 + 2)
    {
    }

    void arrived(std::string_view command)
    {
        const auto before = arrivals.next();
        arrivals.carried_out(command);
        if (arrivals.next() == before) return;
        // The firmware may be a moment ahead of the clock, never behind it.
        const auto waited = now - last_arrival;
        if (before > 0) {
            outcome.longest_stall = std::max<std::chrono::nanoseconds>(outcome.longest_stall, waited);
            for (std::size_t step = 0; step < stall_steps.size(); ++step)
                if (waited > stall_steps[step]) ++outcome.stalls[step];
        }
        last_arrival = now;
    }

    // As much as the port takes: now and then a part of it, now and then nothing for a moment.
    void write()
    {
        while (!machine.output().empty() && (!write_at || now >= *write_at)) {
            write_at.reset();
            auto bytes = machine.output().substr(0, board.receive_room());
            if (bytes.size() > 1 && luck.unit() < settings.chance)
                bytes = bytes.substr(0, 1 + luck.below(bytes.size() - 1));
            if (bytes.empty() || luck.unit() < settings.chance) {
                write_at = now + 1ms;
                return;
            }
            if (settings.wire_damage > 0 && luck.unit() < settings.wire_damage) {
                std::string damaged(bytes);
                const auto bit = luck.below(damaged.size() * 8);
                damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
                board.receive(damaged, now);
                ++outcome.damaged;
            } else
                board.receive(bytes, now);
            outcome.bytes += bytes.size();
            machine.consumed(bytes.size(), now);
        }
    }

    void take_events()
    {
        while (const auto event = machine.next_event()) {
            if (const auto* ack = std::get_if<acknowledged>(&*event)) {
                if (ack->tag != outcome.acknowledged) outcome.ended = "acknowledged out of order";
                ++outcome.acknowledged;
            } else if (const auto* silent = std::get_if<gone_silent>(&*event)) {
                outcome.ended = silent->text;
            } else if (const auto* halt = std::get_if<killed>(&*event)) {
                outcome.ended = "killed: " + halt->text;
            } else if (std::holds_alternative<was_reset>(*event)) {
                outcome.ended = "taken for reset";
            }
        }
    }

    void step()
    {
        auto wake = board.next_wakeup();
        const auto sooner = [&](std::optional<time_point> other) {
            if (other && (!wake || *other < *wake)) wake = other;
        };
        sooner(machine.next_wakeup());
        if (!machine.output().empty()) sooner(write_at);
        if (cable.holds()) sooner(now + 1ms);
        now = std::max(now + 1us, wake.value_or(now + 1s));
        const auto said = cable.carry(board.take_output(now));
        if (!said.empty()) machine.receive(said, now);
        machine.tick(now);
        take_events();
    }

    long_print_outcome run()
    {
        machine.opened(now);
        const auto begin = now;
        // Three waits for standstill at the end, as a job has: what is missing shows in their numbers.
        const auto all = settings.lines + 3;
        while (outcome.ended.empty() && outcome.acknowledged < all) {
            while (next < all && machine.can_send()) {
                machine.send(next < settings.lines ? long_print_line(next) : "M400", next, now);
                ++next;
            }
            write();
            step();
        }
        arrivals.count_into(outcome, settings.lines);
        const auto told = board.status(now);
        outcome.faults =
            told.faults_drop_ok + told.faults_corrupt + told.faults_resend_without_ok + cable.faults();
        outcome.resends = machine.resends();
        outcome.probes = machine.probes();
        outcome.took = now - begin;
        return outcome;
    }
};

} // namespace

long_print_outcome print_long(const long_print_settings& settings)
{
    return long_run(settings).run();
}

} // namespace layerline::tests
