#include "workshop/finishing/settings_check.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_told = 120; // characters of a value in a sentence

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '"'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '"' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

// A number with what follows it ("50%", "0x200"): compared part by part.
bool same_part(std::string_view a, std::string_view b)
{
    a = trimmed(a), b = trimmed(b);
    while (!a.empty() && !b.empty()) {
        double one = 0, other = 0;
        const auto first = std::from_chars(a.data(), a.data() + a.size(), one, std::chars_format::fixed);
        const auto second = std::from_chars(b.data(), b.data() + b.size(), other, std::chars_format::fixed);
        if (first.ec == std::errc{} && second.ec == std::errc{}) {
            if (!(std::abs(one - other) <= 1e-5 * std::max(1.0, std::abs(one)))) return false;
            a.remove_prefix(static_cast<std::size_t>(first.ptr - a.data()));
            b.remove_prefix(static_cast<std::size_t>(second.ptr - b.data()));
            continue;
        }
        if (a.front() != b.front()) return false;
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    return a.empty() && b.empty();
}

// Of a stranger's making, so printable ASCII alone.
std::string shown(std::string_view value)
{
    std::string text(value.substr(0, most_told));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return value.size() <= most_told ? text : text + "...";
}

} // namespace

bool same_setting(std::string_view a, std::string_view b)
{
    while (true) {
        const auto first = std::min(a.find_first_of(",;"), a.size()),
                   second = std::min(b.find_first_of(",;"), b.size());
        if (!same_part(a.substr(0, first), b.substr(0, second))) return false;
        if (first == a.size() || second == b.size()) return first == a.size() && second == b.size();
        a.remove_prefix(first + 1);
        b.remove_prefix(second + 1);
    }
}

std::string settings_check::take(std::string_view comment)
{
    const auto text = trimmed(comment);
    if (text == "prusaslicer_config = begin") inside_ = true;
    if (text == "prusaslicer_config = end") inside_ = false;
    if (!inside_) return {};
    const auto equals = text.find(" =");
    if (equals == std::string_view::npos) return {};
    const auto asked = asked_.find(std::string(text.substr(0, equals)));
    if (asked == asked_.end()) return {};
    auto value = text.substr(equals + 2);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    const bool again = !told_.insert(asked->first).second;
    if (again) return "The engine tells its setting " + asked->first + " twice.";
    if (same_setting(asked->second, value)) return {};
    return "The engine took " + asked->first + " = " + shown(value) + " where " + shown(asked->second) +
           " was asked.";
}

std::vector<std::string> settings_check::missing() const
{
    std::vector<std::string> all;
    for (const auto& [key, value] : asked_)
        if (!told_.contains(key)) all.push_back("The engine does not tell its setting " + key + ".");
    return all;
}

} // namespace layerline::workshop
