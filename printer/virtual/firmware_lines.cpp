// The way of a line: faults, number and checksum, the queue, execution, ok.
#include "printer/virtual/firmware_impl.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::virtual_printer {

void firmware::impl::take_line(std::string line)
{
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    line_faults drawn;
    if (!line.empty() && line[0] == 'N') {
        ++tally.lines_numbered;
        drawn = faults.next();
    }
    if (!drawn.corrupt) {
        judge_line(std::move(line), drawn);
        return;
    }
    ++tally.faults_corrupt;
    faults.damage(line);
    // The flipped bit may have made a line's end, a comment or a NUL: the bytes are read again.
    line_assembler again(settings.max_cmd_size);
    for (char c : line + '\n') {
        auto piece = again.push(c);
        if (!piece || resend_pending) continue;
        piece->erase(0, std::min(piece->find_first_not_of(' '), piece->size()));
        judge_line(std::move(*piece), drawn);
    }
}

void firmware::impl::judge_line(std::string line, const line_faults& drawn)
{
    const auto last = numbers.last();
    const auto verdict = numbers.judge(line);
    if (verdict.what == line_verdict::kind::repeated) {
        ++tally.repeats_dropped;
        for (const auto& text : repeat_texts(settings, *verdict.number))
            say(text);
        return;
    }
    if (verdict.what == line_verdict::kind::damaged)
        return damaged_line(verdict.error, verdict.number, false);
    if (verdict.number && drawn.resend_without_ok) {
        ++tally.faults_resend_without_ok;
        numbers.set_last(last);
        return damaged_line(error_checksum, verdict.number, true);
    }
    if (!settings.emergency_parser && !verdict.number) {
        // Without the parser these act when their line is read, if there is room to read it.
        const command early(line);
        if (early.is('M', 108)) emergency_now({emergency::kind::continue_on});
        if (early.is('M', 112)) emergency_now({emergency::kind::halt});
        if (early.is('M', 410)) emergency_now({emergency::kind::quick_stop});
        if (tally.killed) return;
    }
    ++tally.lines_received;
    queue.push_back({std::move(line), verdict.number, verdict.number && drawn.drop_ok});
    if (tally.lines_received == settings.runout_after) {
        say("//action:out_of_filament T0");
        say("//action:pause filament_runout 0");
    }
    const bool pulled = verdict.number && (drawn.unplug || tally.lines_received == settings.unplug_after);
    if (pulled) {
        ++tally.faults_unplug;
        pull_cable();
    }
}

void firmware::impl::damaged_line(std::string_view error, std::optional<std::int64_t> got, bool silent)
{
    say(damage_text(settings, error, numbers.last(), got));
    ++tally.resends_asked;
    resend_pending = true;
    resend_silent = silent;
}

// The error line has left. What came in meanwhile is thrown away with the rest.
void firmware::impl::finish_resend()
{
    resend_pending = false;
    wire.flush(clock);
    assembler.clear();
    say(resend_text(settings, numbers.last() + 1));
    if (!resend_silent) say("ok");
}

bool firmware::impl::step_queue()
{
    if (queue.empty()) return false;
    if (!running) {
        running.emplace(queue.front().text);
        if (modes.keep_alive > 0 && settings.busy)
            next_busy = clock + std::chrono::seconds(modes.keep_alive);
        else
            next_busy.reset();
        settle_motors();
        if (motors_idle_since) motors_idle_since = clock; // every command keeps the motors powered
        begin(*running);
    }
    if (!halt_requested.empty()) return false;
    if (step && !step()) return false;
    finish();
    return true;
}

void firmware::impl::begin(const command& read)
{
    known =
        begin_motion(read) || begin_modes(read) || begin_heat(read) || begin_card(read) || begin_talk(read);
    if (synchronous) dry_since.reset();
    if (!known) {
        ++tally.unknown_commands;
        say(unknown_text(settings, read.text()));
    }
}

void firmware::impl::finish()
{
    const auto& line = queue.front();
    if (known && !is_housekeeping(*running)) {
        ++tally.executed;
        if (sink) sink(without_number(line.text), line.number);
    }
    if (line.of_card) {
        after_ok.clear();
    } else if (line.drop_ok) {
        ++tally.faults_drop_ok;
    } else if (!answered) {
        // The command that is acknowledged still has its slot, so B is one too low.
        say(ok_text(settings, line.number, planner.free_blocks(),
                    settings.bufsize - std::min(settings.bufsize, queue.size())));
    }
    if (!after_ok.empty()) say(std::exchange(after_ok, {}));
    if (settings.says_wait) next_idle_word = clock + std::chrono::seconds(1);
    queue.pop_front();
    running.reset();
    step = nullptr;
    wake_at.reset();
    next_busy.reset();
    answered = synchronous = false;
}

void firmware::impl::emergency_now(const emergency& what)
{
    switch (what.what) {
    case emergency::kind::continue_on:
        user_waiting = false;
        if (heat_waiting) heat_wait_over = true;
        break;
    case emergency::kind::halt:
        halt("M112 Shutdown");
        break;
    case emergency::kind::quick_stop:
        quick_stop();
        break;
    case emergency::kind::answer:
        if (user_waiting) user_choice = what.choice;
        user_waiting = false;
        break;
    }
}

void firmware::impl::pull_cable()
{
    cable_out = true;
    wire.cut();
    assembler.clear();
    resend_pending = false;
}

} // namespace layerline::printer::virtual_printer
