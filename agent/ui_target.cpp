// URLs by Boost.URL, behind checks of our own; addresses by their bytes.
#include "agent/ui_target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace layerline::agent {

namespace {

constexpr std::size_t max_path = 128;
constexpr std::size_t max_host = 253;

std::string_view view_of(boost::urls::string_view s)
{
    return {s.data(), s.size()};
}

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_numeric(const std::string& host)
{
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view host)
{
    return !host.empty() && host.size() <= max_host && host.front() != '.' && host.front() != '-' &&
           std::all_of(host.begin(), host.end(), [](char c) { return is_name_char(c) || c == '.'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [last, fault] = std::from_chars(text.data(), end, port);
    if (fault != std::errc{} || last != end || port == 0) return std::nullopt;
    return port;
}

bool four_allowed(const unsigned char* b)
{
    return b[0] != 0 && b[0] < 224 && !(b[0] == 169 && b[1] == 254);
}

} // namespace

std::variant<ui_target, std::string> parse_ui_url(std::string_view text)
{
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https"))
        return "must be an address such as \"http://127.0.0.1:80\"";
    const boost::urls::url_view& url = *parsed;
    if (url.has_userinfo() || url.has_query() || url.has_fragment())
        return "must be an address without a user, a query or a fragment";
    ui_target out;
    out.tls = url.scheme() == "https";
    out.host = url.host_address();
    std::transform(out.host.begin(), out.host.end(), out.host.begin(), lowered);
    const bool numeric = is_numeric(out.host);
    if (!numeric && !is_host_name(out.host))
        return "must have a host of plain letters, digits, dots and dashes";
    // A name is looked up once and kept to; its certificate would be checked against the address.
    if (out.tls && !numeric) return "must have a numeric host with https://";
    if (numeric && !ui_address_allowed(out.host))
        return "must not be a link-local, multicast or unspecified address";
    out.port = out.tls ? 443 : 80;
    const std::uint16_t usual = out.port;
    if (url.has_port()) {
        const auto port = parse_port(view_of(url.port()));
        if (!port) return "must have a port from 1 to 65535, or none";
        out.port = *port;
    }
    out.host_field = out.host.find(':') == std::string::npos ? out.host : "[" + out.host + "]";
    if (out.port != usual) out.host_field += ":" + std::to_string(out.port);
    out.base = std::string(view_of(url.encoded_path()));
    if (!out.base.ends_with('/')) out.base += '/';
    if (!is_ui_path(out.base)) return "must have a path of plain letters, digits, dashes and dots, or none";
    return out;
}

bool is_ui_path(std::string_view path)
{
    if (path.empty() || path.size() > max_path || path.front() != '/' || path.back() != '/') return false;
    const auto plain = [](char c) { return is_name_char(lowered(c)) || c == '/' || c == '.' || c == '_'; };
    return std::all_of(path.begin(), path.end(), plain) && path.find("//") == std::string_view::npos &&
           path.find("/./") == std::string_view::npos && path.find("/../") == std::string_view::npos;
}

bool is_ui_name(std::string_view name)
{
    return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), is_name_char);
}

std::string ui_list_fault(const std::vector<ui_target>& all)
{
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            if (all[i].name == all[j].name) return "has two entries named \"" + all[i].name + "\"";
            if (all[i].prefix == all[j].prefix)
                return "has two entries for the path_prefix \"" + all[i].prefix + "\"";
        }
    return {};
}

bool ui_address_allowed(const std::string& numeric)
{
    std::array<unsigned char, 16> b{};
    if (inet_pton(AF_INET, numeric.c_str(), b.data()) == 1) return four_allowed(b.data());
    if (inet_pton(AF_INET6, numeric.c_str(), b.data()) != 1) return false;
    if (b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0U) == 0x80)) return false;
    const auto zeros = [&b](std::size_t from, std::size_t to) {
        return std::all_of(b.begin() + static_cast<std::ptrdiff_t>(from),
                           b.begin() + static_cast<std::ptrdiff_t>(to),
                           [](unsigned char c) { return c == 0; });
    };
    if (zeros(0, 15) && b[15] == 1) return true; // ::1
    // Mapped and compatible IPv4 (::ffff:a.b.c.d, ::a.b.c.d), and what a translator would make of it
    // (64:ff9b::a.b.c.d).
    const bool mapped = zeros(0, 10) && b[10] == b[11] && (b[10] == 0 || b[10] == 0xff);
    const bool translated = b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b && zeros(4, 12);
    return mapped || translated ? four_allowed(b.data() + 12) : true;
}

} // namespace layerline::agent
