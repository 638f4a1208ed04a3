#include "cli/job_view.hpp"

#include "cli/answer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace layerline::cli {

namespace {

using nlohmann::json;

std::string text_of(const json& from, const char* name)
{
    if (from.is_object() && from.contains(name) && from[name].is_string())
        return from[name].get<std::string>();
    return {};
}

std::optional<double> number_of(const json& from, const char* name)
{
    if (from.is_object() && from.contains(name) && from[name].is_number()) return from[name].get<double>();
    return std::nullopt;
}

std::string temperature_text(const json& heater)
{
    const auto actual = number_of(heater, "actual_c");
    const auto target = number_of(heater, "target_c");
    char text[64];
    if (!actual) return for_terminal(text_of(heater, "name")) + " ?";
    if (target && *target > 0)
        std::snprintf(text, sizeof text, " %.0f/%.0f", *actual, *target);
    else
        std::snprintf(text, sizeof text, " %.0f", *actual);
    return for_terminal(text_of(heater, "name")) + text;
}

} // namespace

std::string duration_text(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0) return "?";
    const auto all = static_cast<long long>(std::llround(std::min(seconds, 1e9)));
    char text[64];
    if (all >= 3600)
        std::snprintf(text, sizeof text, "%lld h %02lld min", all / 3600, all / 60 % 60);
    else if (all >= 60)
        std::snprintf(text, sizeof text, "%lld min %02lld s", all / 60, all % 60);
    else
        std::snprintf(text, sizeof text, "%lld s", all);
    return text;
}

std::string bar(double share, std::size_t width)
{
    const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
    return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

bool job_view::apply(const sent_event& event)
{
    if (event.kind != "state" && event.kind != "change") return false;
    auto said = json::parse(event.data, nullptr, false);
    if (!said.is_object()) return false;
    if (event.kind == "state")
        state_ = std::move(said);
    else if (state_.is_object())
        state_.update(said);
    else
        return false;
    return true;
}

std::string job_view::phase() const
{
    return text_of(state_, "now");
}

std::string job_view::job_id() const
{
    return state_.is_object() && state_.contains("job") ? text_of(state_["job"], "id") : std::string();
}

std::string job_view::reason() const
{
    return text_of(state_, "reason");
}

bool job_view::ended() const
{
    const auto now = phase();
    return now == "finished" || now == "cancelled" || now == "error" || now == "idle";
}

std::string job_view::line(std::size_t columns) const
{
    auto text = for_terminal(phase());
    const json job = state_.is_object() && state_.contains("job") ? state_["job"] : json();
    if (job.is_object()) {
        char share_text[16] = "";
        const auto share = number_of(job, "progress");
        if (share) std::snprintf(share_text, sizeof share_text, " %5.1f%%", *share * 100);
        text += " " + bar(share.value_or(0), columns >= 100 ? 30 : 16) + share_text;
        if (const auto left = number_of(job, "left_s")) text += "  " + duration_text(*left) + " left";
        if (const auto layer = number_of(job, "layer")) {
            text += "  layer " + std::to_string(static_cast<long long>(*layer));
            if (const auto layers = number_of(job, "layers"))
                text += "/" + std::to_string(static_cast<long long>(*layers));
        }
    }
    if (state_.is_object() && state_.contains("heaters") && state_["heaters"].is_array())
        for (const auto& heater : state_["heaters"])
            text += "  " + temperature_text(heater);
    if (text.size() > columns) text.resize(columns);
    return text;
}

} // namespace layerline::cli
