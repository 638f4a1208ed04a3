#include "gcode/line_splitter.hpp"

namespace layerline::gcode {

namespace {

// The first CR or LF from `from` on. Two searches for one byte each are ten times as fast as one for either.
std::size_t line_end(const std::string& text, std::size_t from)
{
    const auto feed = text.find('\n', from);
    const auto until = feed == std::string::npos ? text.size() : feed;
    const auto cr = std::string_view(text).substr(from, until - from).find('\r');
    return cr == std::string_view::npos ? feed : from + cr;
}

} // namespace

void line_splitter::push(std::string_view bytes)
{
    held_.erase(0, begin_);
    scan_ -= begin_;
    begin_ = 0;
    held_ += bytes;
}

bool line_splitter::begins_comment() const
{
    const auto first = held_.find_first_not_of(" \t", begin_);
    return first != std::string::npos && held_[first] == ';';
}

std::optional<raw_line> line_splitter::cut(std::size_t length, std::size_t ending)
{
    raw_line line;
    line.too_long = skipping_ || length > max_line_bytes;
    if (line.too_long) line.only_comment = skipping_ ? comment_ : begins_comment();
    if (!line.too_long) line.text = std::string_view(held_).substr(begin_, length);
    begin_ += length + ending;
    scan_ = begin_;
    offset_ += length + ending;
    line.end_offset = offset_;
    line.number = ++number_;
    skipping_ = false;
    return line;
}

std::optional<raw_line> line_splitter::next()
{
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (at_start_) {
        if (held_.size() < mark.size() && !finished_) return std::nullopt;
        at_start_ = false;
        if (std::string_view(held_).substr(0, mark.size()) == mark) {
            begin_ = scan_ = mark.size();
            offset_ = mark.size();
        }
    }
    if (const auto found = line_end(held_, scan_); found != std::string::npos) {
        if (held_[found] == '\n') return cut(found - begin_, 1);
        if (found + 1 < held_.size()) return cut(found - begin_, held_[found + 1] == '\n' ? 2 : 1);
        if (finished_) return cut(found - begin_, 1);
        scan_ = found; // whether LF follows the CR is not known yet
        return std::nullopt;
    }
    if (finished_) {
        if (begin_ < held_.size() || skipping_) return cut(held_.size() - begin_, 0);
        return std::nullopt;
    }
    scan_ = held_.size();
    if (held_.size() - begin_ > max_line_bytes) { // forget its bytes, remember that there was a line
        if (!skipping_) comment_ = begins_comment();
        offset_ += held_.size() - begin_;
        begin_ = scan_ = held_.size();
        skipping_ = true;
    }
    return std::nullopt;
}

} // namespace layerline::gcode
