// Percent-decoding of a query.
#include "commands/arguments.hpp"
#include "commands/virtual_path.hpp"

namespace layerline::commands {

namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decoded(std::string_view from)
{
    std::string into;
    into.reserve(from.size());
    for (std::size_t at = 0; at < from.size(); ++at) {
        char c = from[at];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            const int high = at + 2 < from.size() ? hex_value(from[at + 1]) : -1;
            const int low = at + 2 < from.size() ? hex_value(from[at + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            at += 2;
        }
        into += c;
    }
    if (!is_utf8(into)) return std::nullopt;
    return into;
}

} // namespace

outcome<std::vector<std::pair<std::string, std::string>>> decode_query(std::string_view query)
{
    std::vector<std::pair<std::string, std::string>> all;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto field = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (field.empty()) continue;
        if (all.size() == max_query_fields)
            return fail(751, "The query has more than " + std::to_string(max_query_fields) + " fields.");
        const auto equals = std::min(field.find('='), field.size());
        auto name = decoded(field.substr(0, equals));
        auto value = decoded(equals < field.size() ? field.substr(equals + 1) : std::string_view());
        if (!name || !value)
            return fail(751, "Field " + std::to_string(all.size() + 1) +
                                 " of the query cannot be decoded: a broken %-escape, or not UTF-8.");
        all.emplace_back(std::move(*name), std::move(*value));
    }
    return all;
}

} // namespace layerline::commands
