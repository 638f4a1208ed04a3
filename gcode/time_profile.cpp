#include "gcode/time_profile.hpp"

#include "gcode/line.hpp"
#include "gcode/metadata.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::gcode {

namespace {

constexpr std::size_t facts_bytes = std::size_t{64} * 1024; // of the head, and of the tail

} // namespace

double time_profile::seconds_at(std::uint64_t at) const
{
    const auto after =
        std::upper_bound(marks.begin(), marks.end(), at,
                         [](std::uint64_t value, const time_mark& m) { return value < m.bytes; });
    const time_mark before = after == marks.begin() ? time_mark{} : *std::prev(after);
    const time_mark next = after == marks.end() ? time_mark{bytes, seconds} : *after;
    if (next.bytes <= before.bytes) return next.seconds;
    const auto share = static_cast<double>(std::min(at, next.bytes) - before.bytes) /
                       static_cast<double>(next.bytes - before.bytes);
    return before.seconds + share * (next.seconds - before.seconds);
}

std::optional<double> time_profile::slicer_left_at(std::uint64_t at) const
{
    const auto after =
        std::upper_bound(marks.begin(), marks.end(), at,
                         [](std::uint64_t value, const time_mark& m) { return value < m.bytes; });
    return after == marks.begin() ? std::nullopt : std::prev(after)->slicer_left_s;
}

void time_profiler::push(std::string_view bytes)
{
    if (head_.size() < facts_bytes) head_.append(bytes.substr(0, facts_bytes - head_.size()));
    tail_.append(bytes);
    if (tail_.size() > 2 * facts_bytes) tail_.erase(0, tail_.size() - facts_bytes);
    made_.bytes += bytes.size();
    splitter_.push(bytes);
    take_lines();
}

time_profile time_profiler::finish()
{
    splitter_.finish();
    take_lines();
    file_facts facts;
    read_facts(head_, facts);
    read_facts(tail_, facts);
    made_.slicer_seconds = facts.seconds;
    // Settings after the last move take no time, and one long line of them has no mark.
    if (took_time_ > marked_) mark(took_time_);
    return std::move(made_);
}

void time_profiler::take_lines()
{
    while (const auto line = splitter_.next())
        if (!line->too_long) take(*line);
}

void time_profiler::take(const raw_line& raw)
{
    timer_.take(parse_line(raw.text));
    if (timer_.seconds() > made_.seconds) took_time_ = raw.end_offset;
    made_.seconds = timer_.seconds();
    if (raw.end_offset >= marked_ + every_bytes_) mark(raw.end_offset);
}

void time_profiler::mark(std::uint64_t bytes)
{
    auto& marks = made_.marks;
    if (marks.size() == most_time_marks) {
        for (std::size_t i = 0; i < most_time_marks / 2; ++i)
            marks[i] = marks[2 * i + 1];
        marks.resize(most_time_marks / 2);
        every_bytes_ *= 2;
    }
    marks.push_back({bytes, made_.seconds, timer_.slicer_left_s()});
    marked_ = bytes;
}

} // namespace layerline::gcode
