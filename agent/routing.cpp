// The routing table.
#include "agent/routing.hpp"

#include "access/base64.hpp"
#include "access/printable.hpp"
#include "access/scope.hpp"

#include <algorithm>
#include <array>

namespace layerline::agent {

namespace {

struct prefix_row {
    std::string_view prefix;
    destination to;
};
constexpr std::array prefixes{
    prefix_row{"/plugin-api/v1/", destination::command},
    prefix_row{"/octoeverywhere-command-api/", destination::seed_command},
    prefix_row{"/api/", destination::slicer},
};

constexpr std::size_t max_principal = 128;
constexpr std::size_t max_name = 400; // 64 characters of up to 4 bytes, in base64

} // namespace

route route_of(std::string_view target)
{
    const auto path = target.substr(0, target.find_first_of("?#"));
    if (path == "/healthz") return {destination::health, {}};
    if (path.starts_with(workshop_prefix)) return {destination::workshop, {}};
    for (const auto& row : prefixes)
        if (path.starts_with(row.prefix)) return {row.to, std::string(path.substr(row.prefix.size()))};
    return {};
}

std::string loggable(std::string_view target)
{
    std::string text(target.substr(0, std::min<std::size_t>(target.find_first_of("?#"), 200)));
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }, '?');
    return text;
}

std::string loggable_sentence(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return text;
}

std::optional<relayed_principal> relayed(std::optional<std::string_view> principal,
                                         std::optional<std::string_view> scopes,
                                         std::optional<std::string_view> name)
{
    if (!principal || !scopes || principal->empty() || principal->size() > max_principal) return std::nullopt;
    const auto strange = [](unsigned char c) { return c < 0x20 || c >= 0x7f; };
    if (std::any_of(principal->begin(), principal->end(), strange)) return std::nullopt;
    const auto parsed = access::parse_scopes(*scopes);
    if (!parsed || parsed->empty()) return std::nullopt;
    relayed_principal who{std::string(*principal), std::string(*scopes), {}};
    if (const auto bytes = access::from_base64url(name.value_or("").substr(0, max_name))) {
        std::string text(bytes->begin(), bytes->end());
        if (access::is_printable_name(text)) who.name = std::move(text);
    }
    return who;
}

} // namespace layerline::agent
