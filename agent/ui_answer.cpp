// Answers on their way back from a local UI: what names the target names the public host instead.
#include "agent/ui_rewrite.hpp"
#include "agent/ui_text.hpp"

#include <algorithm>
#include <array>

namespace layerline::agent {

namespace {

// What a UI has no say in behind the public host: other ways to reach it, how its TLS is pinned, and
// credentials, whose place (Authorization) is taken by the relay's.
constexpr std::array<std::string_view, 9> not_the_uis{
    "alt-svc",          "strict-transport-security", "public-key-pins",
    "www-authenticate", "proxy-authenticate",        "authentication-info",
    "x-request-id",     "x-accel-redirect",          "x-sendfile"};

// A path of the target as seen from outside; one beside its base is left alone.
std::string outside(std::string_view path, const ui_target& from)
{
    if (path.starts_with(from.base)) return from.prefix + std::string(path.substr(from.base.size()));
    // "/base" for "/base/".
    if (from.base.size() > 1 &&
        path.substr(0, path.find_first_of("?#")) == from.base.substr(0, from.base.size() - 1))
        return from.prefix + std::string(path.substr(from.base.size() - 1));
    return std::string(path);
}

// "host:port" with the port left out where it is the scheme's own.
std::string authority_of(std::string_view text, bool tls)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), ui_lowered);
    const std::string_view usual = tls ? ":443" : ":80";
    if (out.ends_with(usual)) out.resize(out.size() - usual.size());
    return out;
}

bool is_target(std::string_view authority, bool tls, const ui_target& from)
{
    return tls == from.tls && authority_of(authority, tls) == from.host_field;
}

} // namespace

transport::fields answer_from_ui(const transport::fields& answered, const ui_target& from,
                                 const public_place& place)
{
    transport::fields stripped = answered;
    transport::strip_hop_by_hop(stripped);
    transport::fields out;
    for (const auto& f : stripped) {
        if (!ui_writable(f) || f.name.starts_with("x-layerline-") ||
            std::find(not_the_uis.begin(), not_the_uis.end(), f.name) != not_the_uis.end())
            continue;
        if (f.name == "location" || f.name == "content-location") {
            if (auto value = location_from_ui(f.value, from, place)) out.add(f.name, std::move(*value));
        } else if (f.name == "set-cookie") {
            if (auto value = set_cookie_from_ui(f.value, from)) out.add(f.name, std::move(*value));
        } else if (f.name == "access-control-allow-origin" &&
                   ui_same_text(f.value, (from.tls ? "https://" : "http://") + from.host_field)) {
            out.add(f.name, place.origin());
        } else {
            out.add(f.name, f.value);
        }
    }
    return out;
}

std::optional<std::string> set_cookie_from_ui(std::string_view value, const ui_target& from)
{
    auto rest = value;
    const auto next = [&rest] {
        const auto end = rest.find(';');
        const auto part = ui_trimmed(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        return part;
    };
    const auto pair = next();
    const auto equals = pair.find('=');
    // Browsers take a pair without a name for a cookie without a name, whose value could pass for a pair.
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    if (ui_own_cookie(ui_trimmed(pair.substr(0, equals)))) return std::nullopt;
    std::string out(pair);
    while (!rest.empty()) {
        const auto attribute = next();
        const auto sign = attribute.find('=');
        const auto name = ui_trimmed(attribute.substr(0, sign));
        if (name.empty() || ui_same_text(name, "domain")) continue;
        out += "; ";
        if (ui_same_text(name, "path") && sign != std::string_view::npos) {
            const auto path = ui_trimmed(attribute.substr(sign + 1));
            out += "Path=";
            out += path.starts_with('/') ? outside(path, from) : std::string(path);
        } else {
            out += attribute;
        }
    }
    return out;
}

std::optional<std::string> location_from_ui(std::string_view value, const ui_target& from,
                                            const public_place& place)
{
    value = ui_trimmed(value);
    if (value.empty()) return std::nullopt;
    bool tls = from.tls;
    std::string_view rest;
    if (ui_begins_with(value, "http://") || ui_begins_with(value, "https://")) {
        tls = ui_begins_with(value, "https://");
        rest = value.substr(tls ? 8 : 7);
    } else if (value.starts_with("//")) {
        rest = value.substr(2);
    } else {
        return value.starts_with('/') ? outside(value, from) : std::string(value);
    }
    const auto authority = rest.substr(0, rest.find_first_of("/?#\\"));
    auto path = std::string(rest.substr(authority.size()));
    if (!path.starts_with('/')) path.insert(0, "/");
    if (is_target(authority, tls, from)) return place.origin() + outside(path, from);
    // UIs that read X-Forwarded-Host know the host, and often guess the scheme.
    if (ui_same_text(authority, place.host)) return place.origin() + path;
    return std::string(value);
}

} // namespace layerline::agent
