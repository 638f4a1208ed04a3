#include "workshop/finishing/finished_writer.hpp"

#include "workshop/finishing/dialect_line.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr std::size_t batch_bytes = 64UL * 1024;
constexpr std::size_t mark_length = std::string_view("M73 P100 R999999").size();
constexpr double most_minutes = 999999;

std::string mark_text(double done_s, double all_s)
{
    const double share = all_s > 0 ? std::clamp(done_s / all_s, 0.0, 1.0) : 1;
    const double left = std::clamp(std::round((all_s - done_s) / 60), 0.0, most_minutes);
    auto text = "M73 P" + std::to_string(static_cast<int>(share * 100)) + " R" +
                std::to_string(static_cast<long long>(left));
    text.resize(mark_length, ' ');
    return text;
}

} // namespace

void finished_writer::raw(std::string_view text)
{
    held_.append(text).push_back('\n');
    bytes_ += text.size() + 1;
    ++line_count_;
    if (held_.size() >= batch_bytes) flush();
}

void finished_writer::flush()
{
    if (!held_.empty()) out_(held_);
    held_.clear();
}

void finished_writer::line(std::string_view text)
{
    line(text, parse_line(text, lines_.dialect()));
}

void finished_writer::line(std::string_view text, const gcode::parsed_line& parsed)
{
    if (parsed.letter != 0) lines_.written(parsed);
    raw(text);
}

void finished_writer::owners(const std::vector<std::string>& code)
{
    for (const auto& one : code) {
        // Known to be the owner's before it can leave.
        const auto number = line_count_ + 1;
        if (!runs_.empty() && runs_.back().last + 1 == number)
            runs_.back().last = number;
        else
            runs_.push_back({number, number});
        line(one);
    }
}

void finished_writer::mark()
{
    marked_s_ = lines_.file().seconds();
    if (marks_.size() >= most_marks) return;
    marks_.push_back({bytes_, marked_s_});
    line("M73 P0 R" + std::string(mark_length - std::string_view("M73 P0 R").size(), '0'));
}

std::vector<file_patch> finished_writer::patches() const
{
    std::vector<file_patch> all;
    all.reserve(marks_.size());
    for (const auto& one : marks_)
        all.push_back({one.offset, mark_text(one.seconds, lines_.file().seconds())});
    return all;
}

} // namespace layerline::workshop
