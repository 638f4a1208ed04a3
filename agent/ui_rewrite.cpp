// Requests on their way to a local UI: the path, the fields, and whose word counts.
#include "agent/ui_rewrite.hpp"

#include "agent/ui_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace layerline::agent {

namespace {

using transport::fields;

// Fields by which servers are told who calls and from where. UIs trust them when they come from this machine,
// so that a caller's own would let him choose: gone, whoever sent them; ours are set afterwards.
constexpr std::array<std::string_view, 27> callers_own{"authorization",
                                                       "proxy-authorization",
                                                       "proxy-authenticate",
                                                       "forwarded",
                                                       "x-real-ip",
                                                       "x-client-ip",
                                                       "x-cluster-client-ip",
                                                       "x-originating-ip",
                                                       "x-remote-ip",
                                                       "x-remote-addr",
                                                       "x-remote-user",
                                                       "remote-user",
                                                       "x-auth-request-user",
                                                       "x-webauth-user",
                                                       "x-script-name",
                                                       "x-scheme",
                                                       "x-url-scheme",
                                                       "x-rewrite-url",
                                                       "x-host",
                                                       "true-client-ip",
                                                       "fastly-client-ip",
                                                       "front-end-https",
                                                       "via",
                                                       "expect",
                                                       "upgrade-insecure-requests",
                                                       "content-length",
                                                       "host"};
constexpr std::array<std::string_view, 4> callers_families{"x-forwarded-", "x-original-", "x-layerline-",
                                                           "cf-"};

bool is_callers_own(std::string_view name)
{
    if (std::find(callers_own.begin(), callers_own.end(), name) != callers_own.end()) return true;
    // Some servers cannot tell x_forwarded_for from x-forwarded-for.
    if (name.find('_') != std::string_view::npos) return true;
    return std::any_of(callers_families.begin(), callers_families.end(),
                       [name](std::string_view family) { return name.starts_with(family); });
}

bool is_address(std::string_view text)
{
    const std::string address(text);
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

std::string origin_of(const ui_target& target)
{
    return (target.tls ? "https://" : "http://") + target.host_field;
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = ui_lowered(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte that begins at `at`, decoded; nothing if it is no part of a URL's path.
std::optional<char> byte_at(std::string_view path, std::size_t& at)
{
    const char c = path[at++];
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '#') return std::nullopt;
    if (c != '%') return c;
    if (at + 2 > path.size()) return std::nullopt;
    const int high = hex_value(path[at]);
    const int low = hex_value(path[at + 1]);
    at += 2;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

bool plain_query(std::string_view query)
{
    return std::all_of(query.begin(), query.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f && c != '#';
    });
}

// What is left of the caller's fields, rewritten; a fault if one of them may not pass.
std::variant<fields, ui_fault> own_fields(const fields& asked, const ui_target& to, const public_place& place)
{
    fields stripped = asked;
    transport::strip_hop_by_hop(stripped);
    fields out;
    std::string cookies;
    bool origin_seen = false;
    for (const auto& f : stripped) {
        if (!ui_writable(f)) return ui_fault::bad_field;
        if (f.name == "origin") {
            // Rewritten below only because it is ours: a foreign page must not borrow the UI's own origin.
            if (origin_seen || !ui_same_text(f.value, place.origin())) return ui_fault::foreign_origin;
            origin_seen = true;
        } else if (f.name == "referer") {
            if (auto referer = referer_for_ui(f.value, to, place)) out.set("referer", std::move(*referer));
        } else if (f.name == "cookie") {
            const auto kept = cookies_for_ui(f.value);
            if (!kept.empty()) cookies += (cookies.empty() ? "" : "; ") + kept;
        } else if (!is_callers_own(f.name)) {
            out.add(f.name, f.value);
        }
    }
    if (!cookies.empty()) out.set("cookie", std::move(cookies));
    if (origin_seen) out.set("origin", origin_of(to));
    return out;
}

} // namespace

std::optional<public_place> public_place_of(std::optional<std::string_view> host,
                                            std::optional<std::string_view> scheme)
{
    if (!host || !scheme || (*scheme != "http" && *scheme != "https")) return std::nullopt;
    const auto name = host->substr(0, host->find(':'));
    const auto port = host->substr(name.size());
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_host = [&](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
    };
    if (name.empty() || name.size() > 253 || !std::all_of(name.begin(), name.end(), is_host))
        return std::nullopt;
    if (!port.empty() &&
        (port.size() < 2 || port.size() > 6 || !std::all_of(port.begin() + 1, port.end(), is_digit)))
        return std::nullopt;
    return public_place{std::string(*scheme), std::string(*host)};
}

std::variant<ui_request, ui_fault> request_for_ui(const std::vector<ui_target>& all, std::string_view method,
                                                  std::string_view target, const fields& headers,
                                                  const public_place& place)
{
    if (method == "CONNECT" || method == "TRACE") return ui_fault::bad_method;
    const auto path = target.substr(0, target.find('?'));
    if (!path.starts_with('/') || climbs(path) || !plain_query(target.substr(path.size())))
        return ui_fault::bad_path;
    ui_request out;
    out.to = target_for(all, path);
    if (out.to == nullptr) return ui_fault::no_target;
    auto own = own_fields(headers, *out.to, place);
    if (const auto* fault = std::get_if<ui_fault>(&own)) return *fault;
    out.headers = std::get<fields>(std::move(own));
    out.path = out.to->base + std::string(target.substr(out.to->prefix.size()));
    out.headers.set("host", out.to->host_field);
    const auto caller = headers.find("x-forwarded-for");
    if (out.to->tell_caller && caller && is_address(*caller))
        out.headers.set("x-forwarded-for", std::string(*caller));
    out.headers.set("x-forwarded-host", place.host);
    out.headers.set("x-forwarded-proto", place.scheme);
    return out;
}

const ui_target* target_for(const std::vector<ui_target>& all, std::string_view path)
{
    const ui_target* best = nullptr;
    for (const auto& one : all)
        if (path.starts_with(one.prefix) && (best == nullptr || one.prefix.size() > best->prefix.size()))
            best = &one;
    return best;
}

bool climbs(std::string_view path)
{
    std::size_t length = 0; // of the segment so far
    bool dots = true;       // nothing but dots in it
    const auto is_dot_segment = [&] { return dots && (length == 1 || length == 2); };
    for (std::size_t at = 0; at < path.size();) {
        const auto c = byte_at(path, at);
        if (!c) return true;
        if (*c == '/' || *c == '\\') {
            if (is_dot_segment()) return true;
            length = 0;
            dots = true;
        } else {
            ++length;
            dots = dots && *c == '.';
        }
    }
    return is_dot_segment();
}

std::string cookies_for_ui(std::string_view cookies)
{
    std::string kept;
    while (!cookies.empty()) {
        const auto end = cookies.find(';');
        const auto one = ui_trimmed(cookies.substr(0, end));
        cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
        if (one.empty() || ui_own_cookie(ui_trimmed(one.substr(0, one.find('='))))) continue;
        if (!kept.empty()) kept += "; ";
        kept += one;
    }
    return kept;
}

std::optional<std::string> referer_for_ui(std::string_view value, const ui_target& to,
                                          const public_place& place)
{
    const auto origin = place.origin();
    if (value.size() < origin.size() || !ui_same_text(value.substr(0, origin.size()), origin))
        return std::nullopt;
    auto path = value.substr(origin.size());
    if (path.empty()) path = "/";
    if (path.front() != '/') return std::nullopt; // another host that begins like ours
    // A page outside of this target: its origin is all that the target has to know.
    if (!path.starts_with(to.prefix)) return origin_of(to) + "/";
    return origin_of(to) + to.base + std::string(path.substr(to.prefix.size()));
}

} // namespace layerline::agent
