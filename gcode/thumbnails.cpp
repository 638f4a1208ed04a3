#include "gcode/thumbnails.hpp"

#include <algorithm>
#include <charconv>

namespace layerline::gcode {
namespace {

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Takes a number from the front of `text`; 0 if there is none, or it is over `most`.
std::size_t take_number(std::string_view& text, std::size_t most)
{
    std::size_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{}) return 0;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return value <= most ? value : 0;
}

bool is_base64(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/' || c == '=';
    });
}

} // namespace

bool thumbnail_reader::take(std::string_view line)
{
    line = trimmed(line);
    if (line.empty()) return true;
    if (line.front() != ';') return false;
    auto text = trimmed(line.substr(1));
    if (!text.starts_with("thumbnail")) {
        if (!reading_) return true;
        if (!is_base64(text) || open_.base64.size() + text.size() > announced_)
            reading_ = false; // damaged: it is left out
        else
            open_.base64 += text;
        return true;
    }
    const auto word = text.substr(0, text.find(' '));
    auto rest = trimmed(text.substr(word.size()));
    if (rest.starts_with("end")) {
        if (reading_ && open_.base64.size() == announced_) found_.push_back(std::move(open_));
        reading_ = false;
        open_ = {};
        return found_.size() < max_thumbnails;
    }
    if (!rest.starts_with("begin ")) return true;
    rest = trimmed(rest.substr(6));
    open_ = {};
    open_.width = static_cast<int>(take_number(rest, 4096));
    if (rest.starts_with('x')) rest.remove_prefix(1);
    open_.height = static_cast<int>(take_number(rest, 4096));
    rest = trimmed(rest);
    announced_ = take_number(rest, max_thumbnail_text);
    reading_ = open_.width > 0 && open_.height > 0 && announced_ > 0;
    return true;
}

} // namespace layerline::gcode
