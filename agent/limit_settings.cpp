#include "agent/limit_settings.hpp"

#include "agent/configuration.hpp"

namespace layerline::agent {

void read_limits(settings::settings_reader& reader, limit_settings& into)
{
    reader.whole("limits.max_connections", into.max_connections, 1, 100'000);
    reader.whole("limits.connections_per_address", into.connections_per_address, 0, 100'000);
    reader.whole("limits.streams_per_token", into.streams_per_token, 1, 10'000);
    reader.whole("limits.requests_per_minute", into.requests_per_minute, 1, 10'000'000);
    reader.whole("limits.max_header_kb", into.max_header_kb, 4, 64);
    reader.text("metrics.listen", [&into](const std::string& text) -> std::string {
        if (text == "off") {
            into.metrics_address.clear();
            return {};
        }
        const auto place = parse_endpoint(text);
        if (!place) return "must be a numeric address and a port, such as \"127.0.0.1:9481\", or \"off\"";
        into.metrics_address = place->address;
        into.metrics_port = place->port;
        return {};
    });
    reader.text("log.requests", [&into](const std::string& text) -> std::string {
        if (text != "all" && text != "failures" && text != "none")
            return "must be \"all\", \"failures\" or \"none\"";
        into.log_requests = text;
        return {};
    });
}

} // namespace layerline::agent
