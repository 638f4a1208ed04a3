#include "workshop/service/model_routes.hpp"

#include <algorithm>

namespace layerline::workshop {

namespace {

constexpr std::string_view base = "/models/v1/";
constexpr std::size_t most_name = 128;

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decoded(std::string_view text, bool plus_is_blank)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1,
                  low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

model_route within(std::string_view path)
{
    const auto slash = path.find('/');
    const auto first = path.substr(0, slash);
    const auto rest = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    model_route route;
    if (first == "files" && slash == std::string_view::npos) {
        route.place = model_place::files;
    } else if (first == "files" && !rest.empty() && rest.find('/') == std::string_view::npos) {
        route.place = model_place::file;
        route.name = decoded(rest, false);
    } else if (first == "operations" && slash == std::string_view::npos) {
        route.place = model_place::operations;
    } else if (first == "operations" && !rest.empty()) {
        const auto end = rest.find('/');
        route.name = decoded(rest.substr(0, end), false);
        if (end == std::string_view::npos)
            route.place = model_place::operation;
        else if (rest.substr(end) == "/result" && end > 0)
            route.place = model_place::operation_result;
    }
    return route;
}

} // namespace

model_route model_route_of(std::string_view target)
{
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    model_route route;
    if (path == "/healthz")
        route.place = model_place::health;
    else if (path.starts_with(base))
        route = within(path.substr(base.size()));
    if (mark != std::string_view::npos) route.query = target.substr(mark + 1);
    return route;
}

std::string query_value(std::string_view query, std::string_view name)
{
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(one.size() + 1, query.size()));
        const auto equals = one.find('=');
        if (equals != std::string_view::npos && one.substr(0, equals) == name)
            return decoded(one.substr(equals + 1), true);
    }
    return {};
}

std::string plain_file_name(std::string_view given)
{
    if (const auto folder = given.find_last_of("/\\"); folder != std::string_view::npos)
        given.remove_prefix(folder + 1);
    std::string name;
    for (const char c : given.substr(0, most_name))
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) name += c;
    return name.empty() ? "model" : name;
}

} // namespace layerline::workshop
