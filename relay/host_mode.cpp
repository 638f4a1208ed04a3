#include "relay/host_mode.hpp"

#include <algorithm>

namespace layerline::relay {

namespace {

constexpr std::size_t longest_host = 260; // a name of 253 and a port

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lowered(c); });
    return out;
}

bool is_port(std::string_view text)
{
    return !text.empty() && text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What Sec-Fetch-Site says of a request that nobody else's page can have caused.
bool is_own_site(std::string_view fetch_site)
{
    return fetch_site == "same-origin" || fetch_site == "none"; // none: typed, or a bookmark
}

// A link that was followed, in a window of its own: no frame, no form that posts.
bool is_visit(std::string_view method, const transport::fields& headers)
{
    return method == "GET" && headers.find("sec-fetch-mode") == std::optional<std::string_view>("navigate") &&
           headers.find("sec-fetch-dest") == std::optional<std::string_view>("document");
}

bool same_place(std::string_view url, const public_host& place, bool whole)
{
    const auto own = place.origin();
    if (url.size() < own.size() || lowered(url.substr(0, own.size())) != own) return false;
    return url.size() == own.size() || (!whole && url[own.size()] == '/');
}

} // namespace

bool is_label(std::string_view text)
{
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_domain(std::string_view text)
{
    if (text.empty() || text.size() > 200) return false;
    for (;;) {
        const auto dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

std::optional<host_match> host_of_printer(std::string_view host_field, const host_mode_settings& settings)
{
    if (settings.domain.empty() || host_field.size() > longest_host) return std::nullopt;
    const auto colon = host_field.find(':');
    auto name = lowered(host_field.substr(0, colon));
    std::string port;
    if (colon != std::string_view::npos) {
        port = host_field.substr(colon + 1);
        if (!is_port(port)) return std::nullopt;
        if (port == (settings.scheme == "https" ? "443" : "80")) port.clear();
    }
    if (name.size() <= settings.domain.size() || !name.ends_with(settings.domain)) return std::nullopt;
    const auto before = name.size() - settings.domain.size() - 1;
    if (name[before] != '.') return std::nullopt;
    host_match found;
    if (const auto label = name.substr(0, before); is_label(label)) found.label = label;
    found.place.scheme = settings.scheme;
    found.place.host = std::move(name);
    if (!port.empty()) found.place.host += ":" + port;
    return found;
}

bool from_elsewhere(std::string_view method, const transport::fields& headers, bool websocket,
                    const public_host& place, bool api)
{
    const bool changes = websocket || (method != "GET" && method != "HEAD" && method != "OPTIONS");
    bool has_origin = false;
    for (const auto& f : headers) {
        if (f.name == "origin") {
            has_origin = true;
            if (!same_place(f.value, place, true)) return true;
        } else if (f.name == "sec-fetch-site" && !is_own_site(f.value)) {
            if (api || websocket || !is_visit(method, headers)) return true;
        }
    }
    // Programs send neither; a browser without Origin may still tell by its Referer.
    const auto referer = headers.find("referer");
    return changes && !has_origin && referer && !same_place(*referer, place, false);
}

} // namespace layerline::relay
