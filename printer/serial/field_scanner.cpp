// Walks over KEY:value fields in firmware text.
#include "printer/serial/field_scanner.hpp"

#include <charconv>
#include <cmath>

namespace layerline::printer::serial {

namespace {

bool digit(char c)
{
    return c >= '0' && c <= '9';
}
bool key_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || digit(c) || c == '_' || c == '@';
}

} // namespace

std::optional<double> take_number(std::string_view& text)
{
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    return value;
}

std::optional<unsigned long long> take_count(std::string_view& text)
{
    std::size_t digits = 0;
    unsigned long long value = 0;
    while (digits < text.size() && digit(text[digits])) {
        if (digits == 10) return std::nullopt;
        value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

void skip_spaces(std::string_view& text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
}

std::string_view take_key(std::string_view& text)
{
    std::size_t length = 0;
    while (length < text.size() && key_letter(text[length]))
        ++length;
    if (length == 0 || length == text.size() || text[length] != ':') return {};
    const auto key = text.substr(0, length);
    text.remove_prefix(length + 1);
    return key;
}

void skip_word(std::string_view& text)
{
    while (!text.empty() && text.front() != ' ' && text.front() != '\t')
        text.remove_prefix(1);
}

} // namespace layerline::printer::serial
