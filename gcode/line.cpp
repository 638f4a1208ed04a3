// Tokenising one line; the rules for numbers keep "X1E5" two words and refuse "inf" and "nan".
#include "gcode/line.hpp"

#include <algorithm>
#include <charconv>

namespace layerline::gcode {
namespace {

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == '\n';
}
bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

// Commands of Marlin whose argument is free text.
constexpr std::array text_commands{0, 1, 16, 23, 28, 30, 32, 33, 34, 117, 118, 928};

// Takes a number from the front of `text`; no exponent, since 'E' is a word of its own.
std::optional<double> take_number(std::string_view& text)
{
    std::string_view rest = text;
    bool negative = false;
    if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
        negative = rest.front() == '-';
        rest.remove_prefix(1);
    }
    const bool starts =
        !rest.empty() && (is_digit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_digit(rest[1])));
    if (!starts) return std::nullopt;
    double value = 0;
    const auto read =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (read.ec != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return negative ? -value : value;
}

// "N12 G1 X5*71" loses its number and checksum; anything else stays.
std::string_view without_number(std::string_view code)
{
    if (code.size() < 2 || upper(code.front()) != 'N' || !is_digit(code[1])) return code;
    std::size_t at = 1;
    while (at < code.size() && is_digit(code[at]))
        ++at;
    std::string_view rest = code.substr(at);
    if (const auto star = rest.rfind('*'); star != std::string_view::npos) {
        const std::string_view sum = trimmed(rest.substr(star + 1));
        if (std::all_of(sum.begin(), sum.end(), is_digit)) rest = rest.substr(0, star);
    }
    return trimmed(rest);
}

void read_words(parsed_line& line)
{
    std::string_view rest = line.argument;
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (is_space(c)) continue;
        if (!is_letter(c)) {
            line.odd = true;
            continue;
        }
        const word found{upper(c), take_number(rest)};
        if (line.word_count < max_words)
            line.words[line.word_count++] = found;
        else
            ++line.spare_words;
    }
}

} // namespace

parsed_line parse_line(std::string_view text)
{
    parsed_line line;
    parse_line(text, line);
    return line;
}

void parse_line(std::string_view text, parsed_line& line)
{
    line.comment = line.argument = {};
    line.letter = 0;
    line.number = -1;
    line.subcode = 0;
    line.takes_text = line.odd = false;
    line.word_count = line.spare_words = 0;
    if (const auto semicolon = text.find(';'); semicolon != std::string_view::npos) {
        line.comment = text.substr(semicolon + 1);
        text = text.substr(0, semicolon);
    }
    line.code = without_number(trimmed(text));
    std::string_view rest = line.code;
    if (rest.size() < 2 || !is_letter(rest[0]) || !is_digit(rest[1])) return;
    const char letter = upper(rest[0]);
    if (letter != 'G' && letter != 'M' && letter != 'T') return;
    std::size_t at = 1;
    int number = 0;
    for (; at < rest.size() && is_digit(rest[at]); ++at) {
        if (at > 5) return; // no firmware has a six-digit command
        number = number * 10 + (rest[at] - '0');
    }
    int subcode = 0;
    if (at + 1 < rest.size() && rest[at] == '.' && is_digit(rest[at + 1])) {
        subcode = rest[at + 1] - '0';
        for (++at; at < rest.size() && is_digit(rest[at]);)
            ++at;
    }
    line.letter = letter;
    line.number = number;
    line.subcode = subcode;
    line.argument = trimmed(rest.substr(at));
    line.takes_text =
        letter == 'M' && std::find(text_commands.begin(), text_commands.end(), number) != text_commands.end();
    if (!line.takes_text) read_words(line);
}

std::string without_parentheses(std::string_view line)
{
    std::string kept;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == ';' && depth == 0) {
            kept += line.substr(i); // the rest is a comment of the other kind, parentheses and all
            break;
        }
        if (c == '(')
            ++depth;
        else if (c == ')' && depth > 0)
            --depth;
        else if (depth == 0)
            kept += c;
    }
    return kept;
}

} // namespace layerline::gcode
