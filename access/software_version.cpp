// Versions as numbers.
#include "access/software_version.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace layerline::access {

namespace {

constexpr std::size_t most_parts = 4;
constexpr std::size_t most_digits = 6;
using parts = std::array<unsigned, most_parts>;

std::optional<parts> read(std::string_view text)
{
    parts numbers{};
    for (std::size_t at = 0; at < most_parts; ++at) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        const auto* end = part.data() + part.size();
        if (part.empty() || part.size() > most_digits) return std::nullopt;
        const auto [last, fault] = std::from_chars(part.data(), end, numbers[at]);
        if (fault != std::errc{} || last != end) return std::nullopt;
        if (dot == std::string_view::npos) return numbers;
        text.remove_prefix(dot + 1);
    }
    return std::nullopt; // more parts than there may be
}

} // namespace

bool is_version(std::string_view text)
{
    return read(text).has_value();
}

bool is_older(std::string_view version, std::string_view minimum)
{
    const auto least = read(minimum);
    if (!least) return false;
    version = version.substr(0, version.find('+'));
    const auto dash = version.find('-');
    const auto given = read(version.substr(0, dash));
    if (!given) return true;
    if (*given != *least) return *given < *least;
    return dash != std::string_view::npos;
}

} // namespace layerline::access
