// The mapping of the printer's state to the status result's fields.
#include "commands/status_result.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace layerline::commands {

using nlohmann::json;
using printer::phase;
using printer::printer_errc;

namespace {

constexpr int feature_light = 1, feature_axis = 2, feature_home = 4, feature_extrude = 8,
              feature_temperature = 16, feature_start = 32;
// A heater this far below its target is still being heated up.
constexpr double warming_margin_c = 5;
constexpr double longest_s = 2147483600;

json rounded(const std::optional<double>& value)
{
    if (!value || !std::isfinite(*value)) return nullptr;
    return std::round(*value * 100) / 100;
}

json seconds(const std::optional<double>& value)
{
    if (!value || !std::isfinite(*value) || *value < 0) return nullptr;
    return static_cast<std::int64_t>(std::min(*value, longest_s));
}

template <class T>
json or_null(const std::optional<T>& value)
{
    return value ? json(*value) : json(nullptr);
}

json text_or_null(const std::string& text)
{
    return text.empty() ? json(nullptr) : json(text);
}

const printer::heater_state* named(const printer::printer_state& state, std::string_view name)
{
    for (const auto& heater : state.heaters)
        if (heater.name == name) return &heater;
    return nullptr;
}

// The tool in use: the first that is being heated, else the first there is.
const printer::heater_state* tool_in_use(const printer::printer_state& state)
{
    const printer::heater_state* first = nullptr;
    for (const auto& heater : state.heaters) {
        if (heater.name.rfind("tool", 0) != 0) continue;
        if (!first) first = &heater;
        if (heater.target_c.value_or(0) > 0) return &heater;
    }
    return first;
}

bool warms_up(const printer::printer_state& state)
{
    const bool begun =
        state.job && (state.job->layer.value_or(0) > 0 || state.job->progress.value_or(0) > 0.01);
    return !begun && std::any_of(state.heaters.begin(), state.heaters.end(), [](const auto& heater) {
        return heater.target_c.value_or(0) > 0 && heater.actual_c &&
               *heater.actual_c < *heater.target_c - warming_margin_c;
    });
}

json sub_state_of(const printer::printer_state& state)
{
    switch (state.now) {
    case phase::pausing:
        return "Pausing";
    case phase::cancelling:
        return "Cancelling";
    case phase::offline:
        return "Offline";
    case phase::connecting:
        return "Connecting";
    default:
        return nullptr;
    }
}

json temperatures(const printer::printer_state& state)
{
    json all = json::object();
    const auto put = [&](const char* actual, const char* target, const printer::heater_state* heater) {
        all[actual] = heater ? rounded(heater->actual_c) : json(nullptr);
        all[target] = heater ? rounded(heater->target_c) : json(nullptr);
    };
    put("BedActual", "BedTarget", named(state, "bed"));
    put("HotendActual", "HotendTarget", tool_in_use(state));
    put("ChamberActual", "ChamberTarget", named(state, "chamber"));
    return all;
}

json current_print(const printer::printer_state& state)
{
    const auto* job = state.job ? &*state.job : nullptr;
    json progress = nullptr, name = nullptr;
    if (job) {
        if (job->progress) progress = rounded(std::clamp(*job->progress, 0.0, 1.0) * 100);
        const auto slash = job->path.rfind('/');
        name = text_or_null(slash == std::string::npos ? job->path : job->path.substr(slash + 1));
    }
    return {{"Progress", progress},
            {"DurationSec", job ? seconds(job->elapsed_s) : json(nullptr)},
            {"TimeLeftSec", job ? seconds(job->left_s) : json(nullptr)},
            {"FileName", name},
            {"EstTotalFilUsedMm", nullptr},
            {"EstTotalFilWeightMg", nullptr},
            {"CurrentLayer", job ? or_null(job->layer) : json(nullptr)},
            {"TotalLayers", job ? or_null(job->layers) : json(nullptr)},
            {"Temps", temperatures(state)}};
}

json percent(const std::optional<double>& factor)
{
    return factor ? rounded(*factor * 100) : json(nullptr);
}

// Null where there are none, as clients of the seed's API expect it.
json lights(const printer::printer_state& state)
{
    if (state.lights.empty()) return nullptr;
    json all = json::array();
    for (const auto& light : state.lights)
        all.push_back({{"Name", light.name}, {"On", or_null(light.on)}});
    return all;
}

json objects(const printer::printer_state& state)
{
    json all = json::array();
    for (const auto& object : state.objects)
        all.push_back({{"Name", object.name}, {"Excluded", object.excluded}, {"Current", object.current}});
    return all;
}

json attention_of(const printer::printer_state& state)
{
    if (!state.wants) return nullptr;
    return {{"Kind", state.wants->kind}, {"Text", state.wants->text}, {"Buttons", state.wants->buttons}};
}

json port_of(const printer::printer_state& state)
{
    if (!state.port) return nullptr;
    return {{"Device", state.port->device}, {"Baud", state.port->baud}, {"BaudFound", state.port->found}};
}

json own_part(const printer::printer_state& state)
{
    const auto* job = state.job ? &*state.job : nullptr;
    json heaters = json::array();
    for (const auto& heater : state.heaters)
        heaters.push_back({{"Name", heater.name},
                           {"ActualC", rounded(heater.actual_c)},
                           {"TargetC", rounded(heater.target_c)}});
    return {{"Phase", printer::name_of(state.now)},
            {"Connected", is_connected(state)},
            {"Reason", text_or_null(state.reason)},
            {"Sequence", state.sequence},
            {"AgeMs", or_null(state.age_ms)},
            {"JobId", job ? text_or_null(job->id) : json(nullptr)},
            {"Path", job ? text_or_null(job->path) : json(nullptr)},
            {"SizeBytes", job ? or_null(job->size_bytes) : json(nullptr)},
            {"DoneBytes", job ? or_null(job->done_bytes) : json(nullptr)},
            {"LinesAcknowledged", job ? json(job->lines_acknowledged) : json(nullptr)},
            {"Resends", job ? json(job->resends) : json(nullptr)},
            {"Position",
             {{"XMm", rounded(state.position.x_mm)},
              {"YMm", rounded(state.position.y_mm)},
              {"ZMm", rounded(state.position.z_mm)},
              {"EMm", rounded(state.position.e_mm)}}},
            {"Homed", state.homed},
            {"Fan", rounded(state.fan)},
            {"SpeedPercent", percent(state.speed_factor)},
            {"FlowPercent", percent(state.flow_factor)},
            {"ZOffsetMm", rounded(state.z_offset_mm)},
            {"Objects", objects(state)},
            {"Heaters", std::move(heaters)},
            {"BedClear", state.bed_clear},
            {"Port", port_of(state)},
            {"NoCrashResume", state.no_crash_resume ? json(*state.no_crash_resume) : json(nullptr)},
            {"Attention", attention_of(state)}};
}

} // namespace

bool is_connected(const printer::printer_state& state)
{
    return !failure_of_away(state);
}

std::optional<failure> failure_of_away(const printer::printer_state& state)
{
    const bool away = state.now == phase::offline || state.now == phase::connecting;
    if (!away && state.away != printer_errc::halted) return std::nullopt;
    if (state.away) {
        auto why = fail(printer::printer_failure{*state.away, state.reason});
        // Whatever the cause, a printer that is away is one of these three to a client.
        if (why.status != 787 && why.status != 789) why.status = 785;
        return why;
    }
    auto why = fail(785, !state.reason.empty()            ? state.reason
                         : state.now == phase::connecting ? "The connection to the printer is being made."
                                                          : "The printer cannot be reached.");
    why.at = hop::host;
    return why;
}

std::string_view status_state_of(const printer::printer_state& state)
{
    switch (state.now) {
    case phase::idle:
        return "idle";
    case phase::printing:
        return warms_up(state) ? "warmingup" : "printing";
    case phase::pausing:
    case phase::cancelling:
        return "printing";
    case phase::paused:
        return "paused";
    case phase::resuming:
        return "resuming";
    case phase::finished:
        return "complete";
    case phase::cancelled:
        return "cancelled";
    case phase::offline:
    case phase::connecting:
    case phase::error:
        break;
    }
    return "error";
}

int features_of(const printer::link_capabilities& can)
{
    return feature_home | feature_temperature | feature_start | (can.can("set_light") ? feature_light : 0) |
           (can.can("move_axis") ? feature_axis : 0) | (can.can("extrude") ? feature_extrude : 0);
}

json status_result(const printer::printer_state& state, int features)
{
    json error = nullptr;
    if (const auto away = failure_of_away(state))
        error = away->error;
    else if (state.now == phase::error)
        error = state.reason.empty() ? "The printer reports an error." : state.reason;
    return {
        {"JobStatus",
         {{"State", status_state_of(state)},
          {"SubState", sub_state_of(state)},
          {"Error", error},
          {"Lights", lights(state)},
          {"CurrentPrint", current_print(state)}}},
        {"OctoEverywhereStatus",
         {{"MostRecentPrintIdStr", state.job && !state.job->id.empty() ? json(state.job->id) : json("none")},
          {"PrintStartTimeSec", nullptr},
          {"Gadget", nullptr}}},
        {"PlatformVersion", state.firmware ? text_or_null(state.firmware->name) : json(nullptr)},
        {"Features", features},
        {"ListWebcams", json::object()},
        {"Layerline", own_part(state)}};
}

} // namespace layerline::commands
