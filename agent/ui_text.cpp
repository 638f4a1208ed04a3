// ASCII only: the locale has no say in what a header means.
#include "agent/ui_text.hpp"

#include <algorithm>
#include <array>

namespace layerline::agent {

namespace {

constexpr std::size_t max_value = 8UL * 1024;
constexpr std::array<std::string_view, 3> own_cookies{"layerline", "__host-layerline", "__secure-layerline"};

bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

} // namespace

char ui_lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view ui_trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool ui_same_text(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ui_lowered(x) == ui_lowered(y); });
}

bool ui_begins_with(std::string_view text, std::string_view lower_case_start)
{
    return text.size() >= lower_case_start.size() &&
           ui_same_text(text.substr(0, lower_case_start.size()), lower_case_start);
}

bool ui_writable(const transport::field& f)
{
    return !f.name.empty() && std::all_of(f.name.begin(), f.name.end(), is_token_char) &&
           f.value.size() <= max_value && std::all_of(f.value.begin(), f.value.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
           });
}

bool ui_own_cookie(std::string_view name)
{
    return std::any_of(own_cookies.begin(), own_cookies.end(),
                       [name](std::string_view own) { return ui_begins_with(name, own); });
}

} // namespace layerline::agent
