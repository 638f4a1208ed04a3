// The status, both ways.
#include "agent/status_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::agent {

namespace {

using nlohmann::json;

json text_or_null(const std::string& text)
{
    return text.empty() ? json(nullptr) : json(text);
}

std::int64_t seconds_until(transport::clock::time_point when, transport::clock::time_point now)
{
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(when - now).count(), 0);
}

std::string text_of(const json& from, const char* name)
{
    if (!from.is_object() || !from.contains(name) || !from[name].is_string()) return "-";
    return from[name].get<std::string>();
}

} // namespace

std::string as_json(const status_report& report, transport::clock::time_point now)
{
    json relay;
    relay["state"] = name_of(report.relay.now);
    relay["text"] = in_words(report.relay, now);
    relay["url"] = text_or_null(report.relay.url);
    relay["base_url"] = text_or_null(report.relay.base_url);
    relay["printer_name"] = text_or_null(report.relay.printer_name);
    relay["problem"] = text_or_null(report.relay.problem);
    relay["next_try_s"] =
        report.relay.next_try ? json(seconds_until(*report.relay.next_try, now)) : json(nullptr);
    json pairing;
    if (report.relay.code && report.relay.code_until) {
        pairing["code"] = *report.relay.code;
        pairing["seconds_left"] = seconds_until(*report.relay.code_until, now);
    }
    json printer;
    printer["phase"] = printer::name_of(report.printer.now);
    printer["reason"] = text_or_null(report.printer.reason);
    printer["age_ms"] = report.printer.age_ms ? json(*report.printer.age_ms) : json(nullptr);
    json all;
    all["agent_id"] = report.agent_id;
    all["version"] = report.version;
    all["lan"] = report.lan;
    all["uptime_s"] = report.uptime_s;
    all["relay"] = std::move(relay);
    all["pairing"] = std::move(pairing);
    all["printer"] = std::move(printer);
    return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string as_lines(std::string_view text)
{
    const auto all = json::parse(text, nullptr, false);
    const auto part = [&](const char* name) {
        return all.is_object() && all.contains(name) ? all[name] : json();
    };
    std::string lines =
        "agent    " + text_of(all, "agent_id") + " (version " + text_of(all, "version") + ")\n";
    lines += "lan      " + text_of(all, "lan") + "\n";
    lines += "relay    " + text_of(part("relay"), "text") + "\n";
    const auto pairing = part("pairing");
    if (pairing.is_object() && pairing.contains("seconds_left") &&
        pairing["seconds_left"].is_number_integer())
        lines += "pairing  " +
                 pairing_words(text_of(pairing, "code"),
                               std::chrono::seconds(pairing["seconds_left"].get<std::int64_t>())) +
                 "\n";
    const auto printer = part("printer");
    lines += "printer  " + text_of(printer, "phase");
    if (const auto reason = text_of(printer, "reason"); reason != "-") {
        // Firmware text may stand in a reason; terminals obey control characters.
        std::string shown = reason;
        std::replace_if(
            shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
        lines += ": " + shown;
    }
    return lines + "\n";
}

} // namespace layerline::agent
