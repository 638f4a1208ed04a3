// A host core with a firmware that acknowledges what it is sent: for tests that read what was sent, and when.
#pragma once

#include "printer/serial/host_core.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace layerline::printer::serial {

// A job's lines, judged as the reader does, from memory.
class listed_lines final : public line_source {
public:
    explicit listed_lines(const std::vector<std::string>& file)
    {
        gcode::modal_state modal;
        std::uint64_t offset = 0, number = 0;
        for (const auto& text : file) {
            const auto parsed = gcode::parse_line(text);
            auto verdict = judge_line(parsed, 82, {});
            prepared_line line;
            line.use = verdict.use;
            line.text = verdict.text;
            line.note = verdict.note;
            line.wait = verdict.wait;
            line.moves = modal.apply(parsed).has_value();
            line.after = modal.now();
            line.z_mm = modal.z();
            line.axes = modal.axes();
            line.e_mm = modal.e();
            line.placed = parsed.is('G', 1) ? 7 : 0;
            line.number = ++number;
            line.end_offset = offset += text.size() + 1;
            line.seconds = static_cast<double>(number);
            lines_.push_back(line);
        }
        facts_.size_bytes = offset;
        read_ = {static_cast<double>(number), offset, true};
    }
    status next(prepared_line& into) override
    {
        if (!broken_.empty()) return status::failed;
        if (lines_.empty()) return status::end;
        if (given_ >= held_after_) return status::later;
        ++given_;
        into = lines_.front();
        lines_.pop_front();
        return status::line;
    }
    std::string failure() const override { return broken_; }
    read_so_far progress() const override { return read_; }
    const job_facts& facts() const override { return facts_; }
    // What comes before that byte is left out.
    void skip_to(std::uint64_t offset)
    {
        std::erase_if(lines_, [&](const prepared_line& line) { return line.end_offset <= offset; });
    }
    // The rest is not read yet.
    void hold_after(std::size_t lines) { held_after_ = lines; }
    void become_other() { facts_.file.inode += 1; }
    void break_off(std::string why) { broken_ = std::move(why); }

private:
    std::deque<prepared_line> lines_;
    read_so_far read_;
    job_facts facts_;
    std::string broken_;
    std::size_t given_ = 0, held_after_ = 1'000'000;
};

struct host_bench {
    explicit host_bench(durable_state before = {}, host_settings settings = {}, left_print left = {})
        : core(settings, std::move(before), std::move(left))
    {
    }

    host_core core;
    time_point now{std::chrono::hours(1)};
    std::vector<std::string> sent, urgent, logs;
    std::deque<std::uint64_t> owed;
    std::map<std::uint64_t, std::variant<performed, printer_failure>> answers;
    std::vector<durable_state> kept;
    std::vector<source_wanted> wanted;
    std::vector<resume_point> points; // after each command that was sent
    bool disk_works = true, answers_position = true, acknowledges = true;
    std::size_t window = 1000;         // commands that may be under way
    std::size_t most_sent = 1'000'000; // the wire stands still after so many
    std::uint64_t next_ticket = 1;
    head_position where{10.0, 20.0, 1.0, 5.0};
    int dropped_sources = 0, resets = 0;
    bool can_reset = true;

    void connect(std::vector<std::string> capabilities = {"EMERGENCY_PARSER"})
    {
        core.port_opened(now);
        core.on_event(connected{firmware_info{"Marlin 2", "Rig", "u-1", std::move(capabilities)}}, now);
        heat(22, 0, 22, 0);
        run();
    }
    void heat(double tool, double tool_target, double bed, double bed_target)
    {
        core.on_event(temperatures{{{"tool0", tool, tool_target}, {"bed", bed, bed_target}}}, now);
    }
    void hear(event what)
    {
        core.on_event(std::move(what), now);
        run();
    }
    // Until nothing more happens by itself.
    void run()
    {
        for (bool more = true; more;) {
            more = false;
            core.tick(now);
            while (auto text = core.next_urgent()) {
                urgent.push_back(*text);
                more = true;
            }
            while (owed.size() < window && sent.size() < most_sent) {
                auto command = core.next_command(now);
                if (!command) break;
                sent.emplace_back(command->text);
                points.push_back(core.point());
                owed.push_back(command->tag);
                if (command->text == "M114" && answers_position) core.on_event(positioned{where}, now);
                more = true;
            }
            while (acknowledges && !owed.empty()) {
                core.on_event(acknowledged{owed.front()}, now);
                owed.pop_front();
                more = true;
            }
            while (auto next = core.next_effect()) {
                more = true;
                if (auto* answer = std::get_if<call_answered>(&*next))
                    answers[answer->ticket] = answer->what;
                else if (auto* keep = std::get_if<state_to_keep>(&*next)) {
                    kept.push_back(keep->state);
                    if (keep->commit)
                        core.saved(*keep->commit,
                                   disk_works
                                       ? printer_result<void>{}
                                       : printer_failure{printer_errc::host_failure, "the disk is full"},
                                   now);
                } else if (std::get_if<source_to_drop>(&*next))
                    ++dropped_sources;
                else if (std::get_if<board_to_reset>(&*next)) {
                    ++resets;
                    core.board_reset(can_reset ? printer_result<void>{}
                                               : printer_failure{printer_errc::unsupported, "no such line"});
                } else if (auto* source = std::get_if<source_wanted>(&*next))
                    wanted.push_back(std::move(*source));
                else
                    logs.push_back(std::get<log_entry>(*next).text);
            }
        }
    }
    void pass(std::chrono::milliseconds time)
    {
        for (auto left = time; left.count() > 0; left -= std::min(left, std::chrono::milliseconds(1000))) {
            now += std::min(left, std::chrono::milliseconds(1000));
            run();
        }
    }
    std::uint64_t ask(action what, terms how = {}, std::shared_ptr<line_source> source = {})
    {
        const std::uint64_t ticket = next_ticket++;
        std::optional<time_point> deadline;
        if (how.time_left) deadline = now + *how.time_left;
        core.call(
            {ticket, std::move(what), std::move(how), deadline, std::move(source), "j-00000000000000aa"},
            now);
        run();
        return ticket;
    }
    std::uint64_t start(const std::vector<std::string>& file, bool bed_clear = true)
    {
        return ask(start_job{"gcode/a.gcode", bed_clear}, {}, std::make_shared<listed_lines>(file));
    }
    bool done(std::uint64_t ticket) const
    {
        const auto found = answers.find(ticket);
        return found != answers.end() && std::holds_alternative<performed>(found->second);
    }
    std::optional<printer_errc> refusal(std::uint64_t ticket) const
    {
        const auto found = answers.find(ticket);
        if (found == answers.end() || !std::holds_alternative<printer_failure>(found->second))
            return std::nullopt;
        return std::get<printer_failure>(found->second).code;
    }
    phase where_now() { return core.state(now).now; }
    bool was_sent(const std::string& text) const
    {
        return std::find(sent.begin(), sent.end(), text) != sent.end();
    }
};

} // namespace layerline::printer::serial
