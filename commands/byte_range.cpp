// "bytes=a-b", "bytes=a-", "bytes=-n".
#include "commands/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace layerline::commands {

namespace {

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return value;
}

} // namespace

std::variant<whole_file, no_such_range, byte_range> parse_range(std::string_view header, std::uint64_t size)
{
    constexpr std::string_view unit = "bytes=";
    if (header.substr(0, unit.size()) != unit) return whole_file{};
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole_file{};
    const auto from = header.substr(0, dash), to = header.substr(dash + 1);
    if (from.empty()) {
        const auto last = number(to);
        if (!last) return whole_file{};
        if (*last == 0 || size == 0) return no_such_range{};
        const auto length = std::min(*last, size);
        return byte_range{size - length, length};
    }
    const auto first = number(from);
    const auto last = to.empty() ? std::optional(UINT64_MAX) : number(to);
    if (!first || !last || *last < *first) return whole_file{};
    if (*first >= size) return no_such_range{};
    return byte_range{*first, std::min(*last, size - 1) - *first + 1};
}

} // namespace layerline::commands
