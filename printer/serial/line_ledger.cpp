// The numbered lines.
#include "printer/serial/line_ledger.hpp"

#include "printer/serial/blocking_command.hpp"
#include "printer/serial/line_codec.hpp"

#include <algorithm>

namespace layerline::printer::serial {

void line_ledger::restart()
{
    lines_.clear();
    next_ = sent_ = 1;
    accepted_ = told_ = 0;
}

void line_ledger::restart_after(std::uint64_t accepted)
{
    lines_.clear();
    next_ = sent_ = accepted + 1;
    accepted_ = told_ = accepted;
}

void line_ledger::append(line_kind kind, std::string_view command, std::uint64_t tag)
{
    const bool question = command == "M105" || command.starts_with("M105 ");
    numbered_line& line = lines_.add();
    frame_into(line.frame, next_, command);
    line.number = next_;
    line.kind = kind;
    line.tag = tag;
    line.asks_temperature = question;
    line.blocking = blocking_time(command);
    ++next_;
    forget_old();
}

void line_ledger::forget_old()
{
    while (lines_.size() > keep_ && lines_.front().number <= accepted_)
        lines_.pop_front();
}

const numbered_line* line_ledger::unsent() const
{
    return sent_ < next_ ? &at(sent_) : nullptr;
}

const numbered_line* line_ledger::find_in_flight(std::uint64_t number) const
{
    return number > accepted_ && number < sent_ ? &at(number) : nullptr;
}

std::size_t line_ledger::bytes_in_flight() const
{
    std::size_t bytes = 0;
    for (auto number = accepted_ + 1; number < sent_; ++number)
        bytes += at(number).frame.size();
    return bytes;
}

const numbered_line* line_ledger::temperature_question() const
{
    for (auto number = accepted_ + 1; number < sent_; ++number)
        if (at(number).asks_temperature) return &at(number);
    return nullptr;
}

bool line_ledger::only_questions_in_flight() const
{
    for (auto number = accepted_ + 1; number < sent_; ++number)
        if (at(number).kind != line_kind::poll && at(number).kind != line_kind::probe) return false;
    return lines_in_flight() > 0;
}

std::size_t line_ledger::host_lines_pending() const
{
    std::size_t count = 0;
    for (auto number = accepted_ + 1; number < next_; ++number)
        if (at(number).kind == line_kind::host && number > told_) ++count;
    return count;
}

std::optional<std::chrono::milliseconds> line_ledger::blocking_in_flight() const
{
    std::optional<std::chrono::milliseconds> longest;
    for (auto number = accepted_ + 1; number < sent_; ++number)
        if (const auto time = at(number).blocking; time && (!longest || *time > *longest)) longest = time;
    return longest;
}

void line_ledger::rewind(std::uint64_t number)
{
    sent_ = number;
    accepted_ = number - 1;
}

} // namespace layerline::printer::serial
