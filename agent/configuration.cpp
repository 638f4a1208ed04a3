// The keys of agent.toml and their checks.
#include "agent/configuration.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace layerline::agent {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [last, fault] = std::from_chars(text.data(), end, port);
    if (fault != std::errc{} || last != end) return std::nullopt;
    return port;
}

bool is_loopback(const std::string& host)
{
    if (host == "localhost" || host == "::1") return true;
    in_addr four{};
    return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24U) == 127;
}

// One [[ui.target]].
settings::settings_reader::row_end begin_ui(settings::settings_reader& row, std::vector<ui_target>& into)
{
    const auto target = std::make_shared<ui_target>();
    const auto given = std::make_shared<std::optional<ui_target>>(); // what the url says
    row.text("name", [target](const std::string& text) -> std::string {
        target->name = text;
        return is_ui_name(text) ? "" : "must be 1-32 of a-z, 0-9 and \"-\"";
    });
    row.text("url", [given](const std::string& text) -> std::string {
        auto read = parse_ui_url(text);
        if (auto* wrong = std::get_if<std::string>(&read)) return *wrong;
        *given = std::get<ui_target>(std::move(read));
        return {};
    });
    row.text("path_prefix", [target](const std::string& text) -> std::string {
        target->prefix = text;
        return is_ui_path(text)
                   ? ""
                   : "must begin and end with \"/\", with plain letters, digits, dashes and dots between";
    });
    row.flag("tell_caller", target->tell_caller);
    row.path("ca_file", target->ca_file);
    return [target, given, &into]() -> std::string {
        if (target->name.empty() || !*given) return "needs a name and a url";
        auto whole = std::move(**given);
        whole.name = std::move(target->name);
        whole.prefix = std::move(target->prefix);
        whole.tell_caller = target->tell_caller;
        whole.ca_file = std::move(target->ca_file);
        into.push_back(std::move(whole));
        return {};
    };
}

} // namespace

std::optional<endpoint> parse_endpoint(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_port(text.substr(colon + 1));
    auto address = std::string(text.substr(0, colon));
    if (!port || address.find('\0') != std::string::npos) return std::nullopt;
    std::array<unsigned char, 16> bytes{};
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
        if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return std::nullopt;
    } else if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return endpoint{std::move(address), *port};
}

std::string url_of(const endpoint& at)
{
    const bool six = at.address.find(':') != std::string::npos;
    return "http://" + (six ? "[" + at.address + "]" : at.address) + ":" + std::to_string(at.port);
}

std::variant<relay_url, std::string> parse_relay_url(std::string_view text)
{
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed || (parsed->scheme() != "wss" && parsed->scheme() != "ws") || parsed->host().empty())
        return "must be addresses such as \"wss://relay.example\"";
    if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment())
        return "must be addresses without a user, a query or a fragment";
    if (parsed->has_port() && parse_port({parsed->port().data(), parsed->port().size()}).value_or(0) == 0)
        return "must have a port from 1 to 65535, or none";
    relay_url url;
    url.text = std::string(text);
    while (url.text.ends_with('/'))
        url.text.pop_back();
    url.host = parsed->host_address();
    std::transform(url.host.begin(), url.host.end(), url.host.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    const auto strange = [](unsigned char c) { return c <= 0x20 || c >= 0x7f; };
    if (std::any_of(url.host.begin(), url.host.end(), strange))
        return "must have a host name of plain letters, digits, dots and dashes";
    url.tls = parsed->scheme() == "wss";
    url.loopback = is_loopback(url.host);
    return url;
}

std::string moonraker_url_fault(std::string_view text)
{
    constexpr const char* wanted = "must be an address such as \"ws://127.0.0.1:7125/websocket\", or the "
                                   "path of Moonraker's unix socket";
    if (text.find('\0') != std::string_view::npos) return wanted;
    if (text.starts_with("unix:")) text.remove_prefix(5);
    if (text.starts_with('/')) return text.size() > 1 ? "" : wanted;
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed || parsed->host().empty()) return wanted;
    const auto scheme = parsed->scheme();
    if (scheme != "ws" && scheme != "wss" && scheme != "http" && scheme != "https") return wanted;
    if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment())
        return "must be an address without a user, a query or a fragment";
    if (parsed->has_port() && parse_port({parsed->port().data(), parsed->port().size()}).value_or(0) == 0)
        return "must have a port from 1 to 65535, or none";
    const auto path = parsed->encoded_path();
    const std::string_view way(path.data(), path.size());
    return way.empty() || way == "/" || way.ends_with("/websocket") ? "" : wanted;
}

std::variant<configuration, std::vector<settings::settings_fault>> parse_configuration(std::string_view toml)
{
    configuration read;
    settings::settings_reader reader;
    reader.text("printer.link", [&](const std::string& text) -> std::string {
        read.moonraker = text == "moonraker";
        return text == "serial" || text == "moonraker" ? "" : "must be \"serial\" or \"moonraker\"";
    });
    reader.path("printer.socket", read.socket);
    reader.text("printer.url", [&](const std::string& text) -> std::string {
        read.moonraker_url = text;
        return moonraker_url_fault(text);
    });
    reader.text("printer.files_url", [&](const std::string& text) -> std::string {
        read.moonraker_files_url = text;
        const bool http = text.starts_with("http://") || text.starts_with("https://");
        return http ? moonraker_url_fault(text) : "must be an address such as \"http://127.0.0.1:7125\"";
    });
    reader.path("printer.api_key_file", read.api_key_file);
    reader.path("printer.ca_file", read.moonraker_ca_file);
    reader.flag("printer.allow_insecure", read.moonraker_insecure);
    reader.flag("printer.cameras", read.printer_cameras);
    reader.text("printer.cameras_url", [&](const std::string& text) -> std::string {
        read.cameras_url = text;
        const auto place = parse_ui_url(text);
        if (const auto* wrong = std::get_if<std::string>(&place)) return *wrong;
        return std::get<ui_target>(place).base == "/" ? "" : "must be an address without a path";
    });
    reader.list("printer.camera_hosts", [&](const std::vector<std::string>& hosts) -> std::string {
        for (const auto& host : hosts) {
            const bool six = host.find(':') != std::string::npos;
            const auto place = parse_ui_url("http://" + (six ? "[" + host + "]" : host));
            const auto* good = std::get_if<ui_target>(&place);
            if (!good || good->host != host || good->port != 80)
                return "must be names or numeric addresses of hosts, in small letters and without a port; "
                       "no link-local, multicast or unspecified ones";
            read.camera_hosts.push_back(host);
        }
        return {};
    });
    reader.text("lan.listen", [&](const std::string& text) -> std::string {
        read.listen = parse_endpoint(text);
        return read.listen ? "" : "must be a numeric address and a port, such as \"0.0.0.0:8481\"";
    });
    reader.list("relay.urls", [&](const std::vector<std::string>& texts) -> std::string {
        if (texts.size() > 8) return "must be at most 8 addresses";
        for (const auto& text : texts) {
            auto url = parse_relay_url(text);
            if (auto* wrong = std::get_if<std::string>(&url)) return *wrong;
            read.relays.push_back(std::get<relay_url>(std::move(url)));
        }
        return {};
    });
    reader.path("relay.ca_file", read.ca_file);
    reader.flag("relay.allow_insecure", read.allow_insecure);
    reader.text("relay.channel_binding", [&](const std::string& text) -> std::string {
        read.binding = access::parse_binding(text);
        return read.binding ? "" : "must be \"tls-exporter\" or \"off\"";
    });
    reader.path("files.folder", read.folder);
    reader.whole("files.reserve_mb", read.reserve_mb, 0, 1'000'000);
    reader.whole("files.max_upload_mb", read.max_upload_mb, 1, 1'000'000);
    reader.whole("files.pending_uploads", read.pending_uploads, 1, 500);
    reader.whole("files.pending_mb", read.pending_mb, 1, 10'000'000);
    reader.whole("files.pending_hours", read.pending_hours, 1, std::uint64_t{24} * 365);
    reader.path("policy.file", read.policy_file);
    reader.rows("ui.target", 16, [&](settings::settings_reader& row) { return begin_ui(row, read.uis); });
    read_cameras(reader, read.cameras);
    reader.path("workshop.socket", read.workshop_socket);
    reader.path("hooks.folder", read.hooks_folder);
    reader.whole("hooks.time_limit_s", read.hooks_time_limit_s, 1, 3600);
    reader.whole("hooks.at_once", read.hooks_at_once, 1, 16);
    read_scripts(reader, read.scripts);
    reader.text("log.level", [&](const std::string& text) -> std::string {
        static constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
        if (std::find(levels.begin(), levels.end(), text) == levels.end())
            return "must be \"debug\", \"info\", \"warn\" or \"error\"";
        read.log_level = text;
        return {};
    });
    read_limits(reader, read.limits);
    auto faults = reader.read(toml);
    if (auto wrong = ui_list_fault(read.uis); !wrong.empty()) faults.push_back({0, "ui.target " + wrong});
    if (auto wrong = camera_list_fault(read.cameras); !wrong.empty())
        faults.push_back({0, "cameras " + wrong});
    if (read.moonraker && !read.moonraker_insecure) {
        const std::array places{std::pair("printer.url", &read.moonraker_url),
                                std::pair("printer.files_url", &read.moonraker_files_url)};
        for (const auto& [key, text] : places) {
            const auto url = boost::urls::parse_uri(*text);
            if (url && (url->scheme() == "ws" || url->scheme() == "http") &&
                !is_loopback(url->host_address()))
                faults.push_back({0, std::string(key) + ": " + *text +
                                         " is not encrypted; use TLS, or set printer.allow_insecure = true"});
        }
    }
    for (const auto& url : read.relays) {
        if (!url.tls && !url.loopback && !read.allow_insecure)
            faults.push_back({0, "relay.urls: " + url.text +
                                     " is not encrypted; use wss://, or set relay.allow_insecure = true"});
        if (!url.tls && read.binding == access::binding_mode::tls_exporter)
            faults.push_back({0, "relay.urls: " + url.text +
                                     " has no TLS that relay.channel_binding = "
                                     "\"tls-exporter\" could bind to"});
    }
    if (!faults.empty()) return faults;
    return read;
}

access::binding_mode binding_for(const configuration& settings, const relay_url& url)
{
    if (settings.binding) return *settings.binding;
    return url.tls ? access::binding_mode::tls_exporter : access::binding_mode::off;
}

} // namespace layerline::agent
