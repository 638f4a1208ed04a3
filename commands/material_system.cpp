#include "commands/material_system.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr std::size_t most_tools = 16;

double two_decimals(double value)
{
    return std::round(value * 100) / 100;
}

} // namespace

json material_system(const printer::printer_state& state)
{
    json tools = json::array(), sources = json::array(), routes = json::array();
    for (const auto& heater : state.heaters) {
        if (!heater.name.starts_with("tool") || tools.size() == most_tools) continue;
        const auto index = tools.size();
        const auto source = "source-" + std::to_string(index);
        json tool = {{"Id", heater.name},
                     {"Index", index},
                     {"Name", "Tool " + heater.name.substr(4)},
                     {"IsPresent", true}};
        if (heater.actual_c) tool["ActualCelsius"] = two_decimals(*heater.actual_c);
        if (heater.target_c) tool["TargetCelsius"] = two_decimals(*heater.target_c);
        routes.push_back({{"SourceId", source}, {"ToolId", heater.name}});
        sources.push_back({{"Id", source},
                           {"Index", index},
                           {"Name", "Filament of tool " + heater.name.substr(4)},
                           {"Position", index}});
        tools.push_back(std::move(tool));
    }
    if (tools.empty()) return nullptr;
    const bool several = tools.size() > 1;
    if (!several) {
        tools[0]["IsActive"] = true;
        // Of several tools nobody says whose filament is out.
        if (state.wants && state.wants->kind == "runout") sources[0]["IsEmpty"] = true;
    }
    return {{"Capabilities",
             {{"SupportsMultiMaterial", several},
              {"SupportsMultiTool", several},
              {"SupportsSourceRouting", false},
              {"SupportsDrying", false}}},
            {"Sources", std::move(sources)},
            {"Tools", std::move(tools)},
            {"Units", json::array()},
            {"Routes", std::move(routes)}};
}

} // namespace layerline::commands
