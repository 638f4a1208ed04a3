// Scopes by name: in configurations, tokens and the principal headers.
#include "access/scope.hpp"

#include <array>

namespace layerline::access {

namespace {

constexpr std::array<std::string_view, 6> names{"view", "control", "files", "console", "ui", "admin"};

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

} // namespace

std::string_view name_of(scope s)
{
    return names[static_cast<std::size_t>(s)];
}

std::string to_string(scope_set scopes)
{
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!scopes.has(static_cast<scope>(i))) continue;
        if (!list.empty()) list += ',';
        list += names[i];
    }
    return list;
}

std::optional<scope_set> parse_scopes(std::string_view list)
{
    scope_set scopes;
    if (trimmed(list).empty()) return scopes;
    for (;;) {
        const auto comma = list.find(',');
        const auto name = trimmed(list.substr(0, comma));
        std::size_t i = 0;
        while (i < names.size() && names[i] != name)
            ++i;
        if (i == names.size()) return std::nullopt;
        scopes.add(static_cast<scope>(i));
        if (comma == std::string_view::npos) return scopes;
        list.remove_prefix(comma + 1);
    }
}

} // namespace layerline::access
