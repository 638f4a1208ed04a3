// URLs by Boost.URL, behind checks of our own.
#include "transport/dial_address.hpp"

#include "transport/http_head.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace layerline::transport {

namespace {

std::string text_of(boost::urls::string_view s)
{
    return {s.data(), s.size()};
}

} // namespace

std::optional<dial_address> parse_address(std::string_view text)
{
    dial_address out;
    if (text.starts_with("unix:")) {
        text.remove_prefix(5);
        if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
        out.unix_path = std::filesystem::path(std::string(text));
        out.path = "/";
        out.host_field = "localhost";
        return out;
    }
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    if (!parsed) return std::nullopt;
    const boost::urls::url_view& url = *parsed;
    const auto scheme = text_of(url.scheme());
    if (scheme == "https" || scheme == "wss")
        out.tls = true;
    else if (scheme != "http" && scheme != "ws")
        return std::nullopt;
    out.host = url.host_address();
    if (out.host.empty() || url.has_userinfo() || url.has_fragment()) return std::nullopt;
    out.port = out.tls ? 443 : 80;
    if (url.has_port()) {
        // Boost.URL 1.81 wraps numbers past 65535 around, and takes "80x" for a port and a path.
        const auto port = parse_length(text_of(url.port()));
        if (!port || *port == 0 || *port > 65535) return std::nullopt;
        out.port = static_cast<std::uint16_t>(*port);
    }
    out.host_field = text_of(url.encoded_host_and_port());
    out.path = text_of(url.encoded_resource());
    if (!out.path.empty() && out.path[0] != '/' && out.path[0] != '?') return std::nullopt;
    if (!out.path.starts_with('/')) out.path.insert(0, "/");
    return out;
}

bool is_this_host(std::string_view host)
{
    error_code not_numeric;
    const auto address = net::ip::make_address(std::string(host), not_numeric);
    if (!not_numeric) return address.is_loopback();
    return host == "localhost";
}

} // namespace layerline::transport
