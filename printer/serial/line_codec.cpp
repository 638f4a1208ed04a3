// Numbers and checksums of lines to the printer.
#include "printer/serial/line_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace layerline::printer::serial {

namespace {

// 'N', nine digits, a space; '*' and three digits; the firmware's terminating zero.
constexpr std::size_t frame_bytes = 11 + 4 + 1;

bool carried(char c)
{
    return c >= 0x20 && c <= 0x7e && c != ';' && c != '\\';
}

} // namespace

std::size_t longest_command(std::size_t max_line)
{
    return max_line > frame_bytes ? max_line - frame_bytes : 0;
}

bool frameable(std::string_view command, std::size_t max_line)
{
    return !command.empty() && command.size() <= longest_command(max_line) && command.front() != ' ' &&
           command.back() != ' ' && std::all_of(command.begin(), command.end(), carried) &&
           command.find("M110") == std::string_view::npos;
}

std::string made_frameable(std::string_view command, std::size_t max_line)
{
    std::string text;
    for (const char c : command)
        text += carried(c) ? c : c == ';' ? ',' : c == '\\' ? '/' : c == '\t' ? ' ' : '?';
    for (auto at = text.find("M110"); at != std::string::npos; at = text.find("M110", at))
        text[at] = 'm';
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    if (text.size() > longest_command(max_line)) text.resize(longest_command(max_line));
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

std::uint8_t line_checksum(std::string_view text)
{
    std::uint8_t sum = 0;
    for (const char c : text)
        sum = static_cast<std::uint8_t>(sum ^ static_cast<std::uint8_t>(c));
    return sum;
}

void frame_into(std::string& line, std::uint64_t number, std::string_view command)
{
    std::array<char, 20> digits{};
    const auto put = [&](std::uint64_t value) {
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        line.append(digits.data(), end);
    };
    line.assign(1, 'N');
    put(number);
    line.append(1, ' ').append(command);
    const auto sum = line_checksum(line);
    line.append(1, '*');
    put(sum);
    line.append(1, '\n');
}

std::string framed(std::uint64_t number, std::string_view command)
{
    std::string line;
    frame_into(line, number, command);
    return line;
}

std::string framed_restart()
{
    return framed(0, "M110 N0");
}

} // namespace layerline::printer::serial
