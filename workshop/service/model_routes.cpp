#include "workshop/service/model_routes.hpp"

#include <algorithm>
#include <vector>

namespace layerline::workshop {

namespace {

constexpr std::string_view base = "/models/v1/", vendor_base = "/web-api/operation/";
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

// A path's segments; nothing if one is empty or there are more than four.
std::vector<std::string_view> segments_of(std::string_view path)
{
    std::vector<std::string_view> all;
    for (;;) {
        const auto slash = path.find('/');
        all.push_back(path.substr(0, slash));
        if (all.back().empty() || all.size() > 4) return {};
        if (slash == std::string_view::npos) return all;
        path.remove_prefix(slash + 1);
    }
}

model_route within(std::string_view path)
{
    const auto all = segments_of(path);
    const auto is = [&all](std::size_t at, std::string_view word) { return all[at] == word; };
    model_route route;
    if (all.size() >= 2) route.name = decoded(all[1], false);
    if (all.size() == 1 && is(0, "files")) {
        route.place = model_place::files;
    } else if (all.size() == 2 && is(0, "files")) {
        route.place = model_place::file;
    } else if (all.size() == 1 && is(0, "operations")) {
        route.place = model_place::operations;
    } else if (all.size() == 2 && is(0, "operations")) {
        route.place = model_place::operation;
    } else if (all.size() == 3 && is(0, "operations") && is(2, "result")) {
        route.place = model_place::operation_result;
    } else if (all.size() == 3 && is(0, "operations") && is(2, "events")) {
        route.place = model_place::operation_events;
    } else if (all.size() == 1 && is(0, "uploads")) {
        route.place = model_place::uploads;
    } else if (all.size() == 2 && is(0, "uploads")) {
        route.place = model_place::upload;
    } else if (all.size() == 3 && is(0, "uploads") && is(2, "commit")) {
        route.place = model_place::upload_commit;
    } else if (all.size() == 4 && is(0, "uploads") && is(2, "chunks")) {
        route.place = model_place::upload_chunk;
        route.part = decoded(all[3], false);
    }
    return route;
}

// "file", "file/ID", "NAME", "ID/status", "ID/NAME/result".
model_route of_vendor(std::string_view path)
{
    const auto all = segments_of(path);
    model_route route;
    route.vendor = true;
    if (all.size() == 1 && all[0] == "file") {
        route.place = model_place::files;
    } else if (all.size() == 2 && all[0] == "file") {
        route.place = model_place::file;
        route.name = decoded(all[1], false);
    } else if (all.size() == 1) {
        route.place = model_place::operation;
        route.name = decoded(all[0], false);
    } else if (all.size() == 2 && all[1] == "status") {
        route.place = model_place::operation;
        route.name = decoded(all[0], false);
        route.part = "status";
    } else if (all.size() == 3 && all[2] == "result") {
        route.place = model_place::operation_result;
        route.name = decoded(all[0], false);
        route.part = decoded(all[1], false);
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
    else if (path.starts_with(vendor_base))
        route = of_vendor(path.substr(vendor_base.size()));
    else if (path == "/token" || path == "/Token")
        route.place = model_place::token;
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
