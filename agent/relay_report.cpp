// Sentences about the relay.
#include "agent/relay_report.hpp"

#include <algorithm>

namespace layerline::agent {

std::string_view name_of(relay_phase p)
{
    switch (p) {
    case relay_phase::off:
        return "off";
    case relay_phase::dialling:
        return "dialling";
    case relay_phase::pairing:
        return "pairing";
    case relay_phase::connected:
        return "connected";
    case relay_phase::waiting:
        return "waiting";
    case relay_phase::given_up:
        return "given_up";
    }
    return "off";
}

std::string in_words(const relay_report& report, transport::clock::time_point now)
{
    const auto because = report.problem.empty() ? std::string() : ": " + report.problem;
    switch (report.now) {
    case relay_phase::off:
        return "no relay is configured";
    case relay_phase::dialling:
        return "connecting to " + report.url;
    case relay_phase::pairing:
        return "connected to " + report.url + ", not paired yet";
    case relay_phase::connected:
        return "connected to " + report.url +
               (report.printer_name.empty() ? "" : " as \"" + report.printer_name + "\"") + because;
    case relay_phase::waiting: {
        const auto left =
            report.next_try ? std::chrono::ceil<std::chrono::seconds>(*report.next_try - now).count() : 0;
        return "not connected; next try in " + std::to_string(std::max<std::int64_t>(left, 0)) + " s at " +
               report.url + because;
    }
    case relay_phase::given_up:
        return "given up" + because + " (then: layerline-agent reconnect)";
    }
    return {};
}

std::string pairing_words(std::string_view code, std::chrono::seconds left)
{
    const auto seconds = std::max<std::int64_t>(left.count(), 0);
    const auto time = seconds >= 120 ? std::to_string((seconds + 30) / 60) + " minutes"
                                     : std::to_string(seconds) + " seconds";
    return "code " + std::string(code) + ", valid " + time + ": on the relay run \"layerline-relay claim " +
           std::string(code) + "\"";
}

} // namespace layerline::agent
