#include "relay/configuration.hpp"

#include "access/software_version.hpp"

#include "cmake/toml.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <system_error>

namespace layerline::relay {

namespace {

constexpr std::size_t max_file_bytes = 256UL * 1024;

// Says what is wrong with a value, or nothing.
using reader = std::function<std::string(const toml::node&)>;

template <class Number>
reader number(Number& into, std::int64_t low, std::int64_t high)
{
    return [&into, low, high](const toml::node& node) -> std::string {
        const auto value = node.value<std::int64_t>();
        if (!node.is_integer() || !value || *value < low || *value > high)
            return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
        into = static_cast<Number>(*value);
        return {};
    };
}

template <class Text>
reader text(Text& into)
{
    return [&into](const toml::node& node) -> std::string {
        if (!node.is_string()) return "must be a text in quotes";
        into = *node.value<std::string>();
        return {};
    };
}

reader place(observe::metrics_place& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        const auto read = node.is_string() ? observe::parse_metrics_place(*given) : std::nullopt;
        if (!read) return "must be a numeric address and a port, such as \"127.0.0.1:9480\", or \"off\"";
        into = *read;
        return {};
    };
}

reader logged(logged_requests& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.is_string() ? *node.value<std::string>() : std::string();
        if (given == "all")
            into = logged_requests::all;
        else if (given == "failures")
            into = logged_requests::failures;
        else if (given == "none")
            into = logged_requests::none;
        else
            return "must be \"all\", \"failures\" or \"none\"";
        return {};
    };
}

reader version(std::string& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        if (!node.is_string() || !access::is_version(*given)) return "must be a version such as \"1.2.3\"";
        into = *given;
        return {};
    };
}

reader domain(std::string& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        if (!node.is_string() || !is_domain(*given))
            return "must be a host name in lower case, such as \"print.example\"";
        into = *given;
        return {};
    };
}

reader scheme(std::string& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        if (!node.is_string() || (*given != "https" && *given != "http"))
            return "must be \"https\" or \"http\"";
        into = *given;
        return {};
    };
}

reader texts(std::vector<std::string>& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto* list = node.as_array();
        if (list == nullptr) return "must be a list of texts";
        into.clear();
        for (const auto& item : *list) {
            if (!item.is_string()) return "must be a list of texts";
            into.push_back(*item.value<std::string>());
        }
        return {};
    };
}

} // namespace

std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml_text,
                                                                     std::string_view name)
{
    configuration read;
    const std::map<std::string, reader, std::less<>> known{
        {"minimum_agent_version", version(read.minimum_agent_version)},
        {"listen.address", text(read.address)},
        {"listen.port", number(read.port, 0, 65535)},
        {"listen.certificate", text(read.certificate)},
        {"listen.private_key", text(read.private_key)},
        {"listen.names", texts(read.names)},
        {"host_mode.domain", domain(read.host_mode.domain)},
        {"host_mode.scheme", scheme(read.host_mode.scheme)},
        {"limits.max_connections", number(read.max_connections, 1, 1'000'000)},
        {"limits.connections_per_address", number(read.connections_per_address, 0, 1'000'000)},
        {"limits.streams_per_token", number(read.streams_per_token, 1, 1'000'000)},
        {"limits.streams_per_address", number(read.streams_per_address, 1, 1'000'000)},
        {"limits.camera_streams_per_token", number(read.camera_streams_per_token, 1, 1'000'000)},
        {"limits.requests_per_minute", number(read.requests_per_minute, 1, 10'000'000)},
        {"limits.requests_per_minute_per_address",
         number(read.requests_per_minute_per_address, 0, 10'000'000)},
        {"limits.max_header_kb", number(read.max_header_kb, 4, 64)},
        {"limits.max_rate_kb_s", number(read.max_rate_kb_s, 0, 100'000'000)},
        {"limits.max_rate_kb_s_per_address", number(read.max_rate_kb_s_per_address, 0, 100'000'000)},
        {"limits.max_upload_mb", number(read.max_upload_mb, 1, 1'000'000)},
        {"limits.max_download_mb", number(read.max_download_mb, 1, 1'000'000)},
        {"limits.answer_timeout_s", number(read.answer_timeout_s, 1, 3600)},
        {"workshop.socket", text(read.workshop_socket)},
        {"metrics.listen", place(read.metrics)},
        {"log.requests", logged(read.log_requests)},
    };
    const auto at = [&](const toml::source_region& where, const std::string& what) {
        return configuration_fault{std::string(name) + ":" + std::to_string(where.begin.line) + ": " + what};
    };
    toml::table document;
    try {
        document = toml::parse(toml_text, name);
    } catch (const toml::parse_error& fault) {
        return at(fault.source(), std::string(fault.description()));
    }
    const auto take = [&](const std::string& path,
                          const toml::node& value) -> std::optional<configuration_fault> {
        const auto found = known.find(path);
        if (found == known.end()) return at(value.source(), "unknown key " + path);
        if (auto wrong = found->second(value); !wrong.empty()) return at(value.source(), path + " " + wrong);
        return std::nullopt;
    };
    for (const auto& [section, node] : document) {
        const std::string name_of_section(section.str());
        const auto* table = node.as_table();
        if (table == nullptr) {
            if (auto fault = take(name_of_section, node)) return *std::move(fault);
            continue;
        }
        for (const auto& [key, value] : *table)
            if (auto fault = take(name_of_section + "." + std::string(key.str()), value))
                return *std::move(fault);
    }
    if (read.certificate.empty() != read.private_key.empty())
        return configuration_fault{std::string(name) +
                                   ": listen.certificate and listen.private_key go together"};
    return read;
}

std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        std::error_code ignored;
        if (may_be_missing && !std::filesystem::exists(file, ignored)) return configuration{};
        return configuration_fault{file.string() + ": cannot be read"};
    }
    std::string all;
    all.resize(max_file_bytes + 1);
    in.read(all.data(), static_cast<std::streamsize>(all.size()));
    all.resize(static_cast<std::size_t>(in.gcount()));
    if (all.size() > max_file_bytes) return configuration_fault{file.string() + ": larger than 256 KiB"};
    return parse_configuration(all, file.string());
}

} // namespace layerline::relay
