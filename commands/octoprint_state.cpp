#include "commands/octoprint_state.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace layerline::commands::octoprint {

using nlohmann::json;
using printer::phase;

namespace {

json rounded(const std::optional<double>& value)
{
    if (!value || !std::isfinite(*value)) return nullptr;
    return std::round(*value * 100) / 100;
}

template <class T>
json or_null(const std::optional<T>& value)
{
    return value ? json(*value) : json(nullptr);
}

std::string below_root(const std::string& path)
{
    const auto slash = path.find('/');
    return slash == std::string::npos ? std::string() : path.substr(slash + 1);
}

std::string last_name(const std::string& path)
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace

std::string_view state_text(const printer::printer_state& state)
{
    switch (state.now) {
    case phase::offline:
        return "Offline";
    case phase::connecting:
        return "Connecting";
    case phase::printing:
        return "Printing";
    case phase::pausing:
        return "Pausing";
    case phase::paused:
        return "Paused";
    case phase::resuming:
        return "Resuming";
    case phase::cancelling:
        return "Cancelling";
    case phase::error:
        return "Error";
    case phase::idle:
    case phase::finished:
    case phase::cancelled:
        break;
    }
    return "Operational";
}

bool is_operational(const printer::printer_state& state)
{
    return state.now != phase::offline && state.now != phase::connecting && !state.away;
}

json printer(const printer::printer_state& state)
{
    json temperatures = json::object();
    for (const auto& heater : state.heaters)
        temperatures[heater.name] = {
            {"actual", rounded(heater.actual_c)}, {"target", rounded(heater.target_c)}, {"offset", 0}};
    const auto is = [&](phase p) { return state.now == p; };
    const bool job = is(phase::printing) || is(phase::pausing) || is(phase::paused) || is(phase::resuming) ||
                     is(phase::cancelling);
    return {{"temperature", std::move(temperatures)},
            {"sd", {{"ready", false}}},
            {"state",
             {{"text", state_text(state)},
              {"flags",
               {{"operational", is_operational(state)},
                {"printing", is(phase::printing)},
                {"pausing", is(phase::pausing)},
                {"paused", is(phase::paused)},
                {"resuming", is(phase::resuming)},
                {"cancelling", is(phase::cancelling)},
                {"finishing", false},
                {"sdReady", false},
                {"error", is(phase::error)},
                {"ready", is_operational(state) && !job && !is(phase::error)},
                {"closedOrError", !is_operational(state) || is(phase::error)}}}}}};
}

json job(const printer::printer_state& state)
{
    const auto* job = state.job ? &*state.job : nullptr;
    json file{
        {"name", nullptr}, {"path", nullptr}, {"display", nullptr}, {"origin", nullptr}, {"size", nullptr}};
    if (job)
        file = {{"name", last_name(job->path)},
                {"path", below_root(job->path)},
                {"display", last_name(job->path)},
                {"origin", "local"},
                {"size", or_null(job->size_bytes)}};
    json completion = nullptr, left = nullptr, total = nullptr;
    if (job && job->progress) completion = rounded(*job->progress * 100);
    if (job && job->left_s) left = static_cast<std::int64_t>(*job->left_s);
    if (job && job->left_s && job->elapsed_s) total = rounded(*job->left_s + *job->elapsed_s);
    return {{"job", {{"file", std::move(file)}, {"estimatedPrintTime", total}, {"filament", nullptr}}},
            {"progress",
             {{"completion", completion},
              {"filepos", job ? or_null(job->done_bytes) : json(nullptr)},
              {"printTime",
               job && job->elapsed_s ? json(static_cast<std::int64_t>(*job->elapsed_s)) : json(nullptr)},
              {"printTimeLeft", left}}},
            {"state", state_text(state)}};
}

json entry(const file_node& node)
{
    json told{{"name", node.name},
              {"display", node.name},
              {"path", below_root(node.virtual_path)},
              {"origin", "local"}};
    if (!node.folder) {
        told["type"] = "machinecode";
        told["typePath"] = {"machinecode", "gcode"};
        told["size"] = node.size_bytes;
        told["date"] = node.modified_unix;
        return told;
    }
    told["type"] = "folder";
    told["typePath"] = {"folder"};
    told["children"] = json::array();
    for (const auto& child : node.children)
        told["children"].push_back(entry(child));
    return told;
}

} // namespace layerline::commands::octoprint
