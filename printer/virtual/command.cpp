// Reads one command.
#include "printer/virtual/command.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::string_view skip_spaces(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    return text;
}

std::string_view trim_end(std::string_view text)
{
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

std::string_view skip_number(std::string_view line)
{
    if (line.size() < 2 || line[0] != 'N' || !(is_digit(line[1]) || line[1] == '-')) return line;
    line.remove_prefix(2);
    while (!line.empty() && (is_digit(line.front()) || line.front() == '-'))
        line.remove_prefix(1);
    return skip_spaces(line);
}

} // namespace

std::optional<double> leading_number(std::string_view text)
{
    constexpr double limit = 1e9;
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    double value = 0;
    double scale = 0;
    bool any = false;
    for (char c : text) {
        if (is_digit(c)) {
            any = true;
            if (scale == 0) {
                value = std::min(value * 10 + (c - '0'), limit);
            } else {
                value += (c - '0') * scale;
                scale /= 10;
            }
        } else if (c == '.' && scale == 0) {
            scale = 0.1;
        } else {
            break;
        }
    }
    if (!any) return std::nullopt;
    return negative ? -value : value;
}

std::string_view without_number(std::string_view line)
{
    line = skip_spaces(line);
    auto body = skip_number(line);
    if (body.size() != line.size()) {
        if (auto star = body.rfind('*'); star != std::string_view::npos) body = body.substr(0, star);
    }
    return trim_end(body);
}

command::command(std::string_view line)
{
    auto body = skip_number(skip_spaces(line));
    if (auto star = body.find('*'); star != std::string_view::npos) body = body.substr(0, star);
    text_ = trim_end(body);
    const std::string_view text = text_;
    if (text.empty() || (text[0] != 'G' && text[0] != 'M' && text[0] != 'T')) return;
    std::size_t at = 1;
    while (at < text.size() && text[at] == ' ')
        ++at;
    if (at == text.size() || !is_digit(text[at])) return;
    letter_ = text[0];
    for (; at < text.size() && is_digit(text[at]); ++at)
        code_ = std::min(code_ * 10 + (text[at] - '0'), 99999);
    if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
        ++at;
        for (; at < text.size() && is_digit(text[at]); ++at)
            subcode_ = std::min(subcode_ * 10 + (text[at] - '0'), 99999);
    }
    argument_at_ = at;
}

std::string_view command::argument() const
{
    return skip_spaces(std::string_view(text_).substr(std::min(argument_at_, text_.size())));
}

std::optional<std::size_t> command::find(char parameter) const
{
    auto at = text_.find(parameter, argument_at_);
    if (letter_ == '?' || at == std::string::npos) return std::nullopt;
    return at;
}

bool command::seen(char parameter) const
{
    return find(parameter).has_value();
}

std::optional<double> command::value(char parameter) const
{
    auto at = find(parameter);
    if (!at) return std::nullopt;
    return leading_number(skip_spaces(std::string_view(text_).substr(*at + 1)));
}

} // namespace layerline::printer::virtual_printer
