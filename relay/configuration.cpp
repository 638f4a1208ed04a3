#include "relay/configuration.hpp"

#include "access/software_version.hpp"
#include "settings/settings_reader.hpp"

#include <string>

namespace layerline::relay {

namespace {

using settings::settings_reader;

settings_reader::text_taker text(std::string& into)
{
    return [&into](const std::string& given) {
        into = given;
        return std::string();
    };
}

settings_reader::text_taker path(std::filesystem::path& into)
{
    return [&into](const std::string& given) {
        into = given;
        return std::string();
    };
}

std::string take_logged(const std::string& given, logged_requests& into)
{
    if (given == "all")
        into = logged_requests::all;
    else if (given == "failures")
        into = logged_requests::failures;
    else if (given == "none")
        into = logged_requests::none;
    else
        return "must be \"all\", \"failures\" or \"none\"";
    return {};
}

void read_limits(settings_reader& reader, configuration& into)
{
    constexpr std::uint64_t million = 1'000'000;
    reader.whole("limits.max_connections", into.max_connections, 1, million);
    reader.whole("limits.connections_per_address", into.connections_per_address, 0, million);
    reader.whole("limits.streams_per_token", into.streams_per_token, 1, million);
    reader.whole("limits.streams_per_address", into.streams_per_address, 1, million);
    reader.whole("limits.camera_streams_per_token", into.camera_streams_per_token, 1, million);
    reader.whole("limits.requests_per_minute", into.requests_per_minute, 1, 10 * million);
    reader.whole("limits.requests_per_minute_per_address", into.requests_per_minute_per_address, 0,
                 10 * million);
    reader.whole("limits.max_header_kb", into.max_header_kb, 4, 64);
    reader.whole("limits.max_rate_kb_s", into.max_rate_kb_s, 0, 100 * million);
    reader.whole("limits.max_rate_kb_s_per_address", into.max_rate_kb_s_per_address, 0, 100 * million);
    reader.whole("limits.max_upload_mb", into.max_upload_mb, 1, million);
    reader.whole("limits.max_download_mb", into.max_download_mb, 1, million);
    reader.whole("limits.answer_timeout_s", into.answer_timeout_s, 1, 3600);
}

} // namespace

std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml,
                                                                     std::string_view name)
{
    configuration read;
    settings_reader reader;
    reader.text("minimum_agent_version", [&](const std::string& given) -> std::string {
        if (!access::is_version(given)) return "must be a version such as \"1.2.3\"";
        read.minimum_agent_version = given;
        return {};
    });
    reader.text("listen.address", text(read.address));
    reader.whole("listen.port", read.port, 0, 65535);
    reader.text("listen.certificate", path(read.certificate));
    reader.text("listen.private_key", path(read.private_key));
    reader.list("listen.names", [&](const std::vector<std::string>& names) {
        read.names = names;
        return std::string();
    });
    reader.text("host_mode.domain", [&](const std::string& given) -> std::string {
        if (!is_domain(given)) return "must be a host name in lower case, such as \"print.example\"";
        read.host_mode.domain = given;
        return {};
    });
    reader.text("host_mode.scheme", [&](const std::string& given) -> std::string {
        if (given != "https" && given != "http") return "must be \"https\" or \"http\"";
        read.host_mode.scheme = given;
        return {};
    });
    read_limits(reader, read);
    reader.text("workshop.socket", path(read.workshop_socket));
    reader.text("metrics.listen", [&](const std::string& given) -> std::string {
        const auto place = observe::parse_metrics_place(given);
        if (!place) return "must be a numeric address and a port, such as \"127.0.0.1:9480\", or \"off\"";
        read.metrics = *place;
        return {};
    });
    reader.text("log.requests",
                [&](const std::string& given) { return take_logged(given, read.log_requests); });
    if (const auto faults = reader.read(toml); !faults.empty())
        return configuration_fault{settings::describe(faults, name)};
    if (read.certificate.empty() != read.private_key.empty())
        return configuration_fault{std::string(name) +
                                   ": listen.certificate and listen.private_key go together"};
    return read;
}

std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing)
{
    std::string fault;
    const auto text = settings::read_settings_file(file, may_be_missing, fault);
    if (text) return parse_configuration(*text, file.string());
    if (fault.empty()) return configuration{};
    return configuration_fault{std::move(fault)};
}

} // namespace layerline::relay
