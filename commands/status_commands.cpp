// ping, status, capabilities: what can be asked without touching anything.
#include "commands/command_groups.hpp"
#include "commands/material_system.hpp"
#include "commands/status_result.hpp"
#include "commands/webcam_result.hpp"

namespace layerline::commands {

using nlohmann::json;

namespace {

json or_null(const std::optional<double>& value)
{
    return value ? json(*value) : json(nullptr);
}

json described(const argument& row)
{
    json all{{"Name", row.name}, {"Type", name_of(row.type)}, {"Required", row.required}};
    if (row.type == argument_type::text) {
        all["MaxBytes"] = static_cast<std::int64_t>(row.most);
    } else if (row.type != argument_type::boolean) {
        all["Min"] = row.least;
        all["Max"] = row.most;
    }
    return all;
}

json described(const command_spec& spec)
{
    json methods = json::array(), taken = json::array();
    for (const auto method : spec.methods)
        methods.push_back(method);
    for (const auto& row : spec.schema)
        taken.push_back(described(row));
    if (spec.acts)
        for (const auto& row : terms_schema())
            taken.push_back(described(row));
    return {{"Name", spec.path},
            {"Does", spec.does},
            {"Methods", std::move(methods)},
            {"Scope", access::name_of(spec.needs)},
            {"Arguments", std::move(taken)}};
}

// Results are made outside the coroutines: g++ 12 does not reliably keep braced lists in their frames.
json pong(const agent_facts& facts)
{
    return {{"Message", "Pong"}, {"AgentId", facts.agent_id}, {"Version", facts.version}};
}

json travel_of(const printer::link_capabilities& can)
{
    if (!can.travel) return nullptr;
    const auto& area = *can.travel;
    return {{"XMin", area.x_min},
            {"XMax", area.x_max},
            {"YMin", area.y_min},
            {"YMax", area.y_max},
            {"ZMax", area.z_max}};
}

json capabilities_of(const command_context& at)
{
    const auto can = at.printer.capabilities();
    const auto state = at.printer.state();
    json commands = json::array();
    for (const auto& spec : command_table())
        commands.push_back(described(spec));
    json firmware = nullptr;
    if (state.firmware)
        firmware = {{"Name", state.firmware->name},
                    {"Machine", state.firmware->machine},
                    {"Capabilities", state.firmware->capabilities}};
    return {{"AgentId", at.facts.agent_id},
            {"Version", at.facts.version},
            {"Scopes", access::to_string(at.who.scopes)},
            {"Commands", std::move(commands)},
            {"Printer",
             {{"Serial", can.serial},
              {"EmergencyParser", can.emergency_parser},
              {"MaxToolC", or_null(can.max_tool_c)},
              {"MaxBedC", or_null(can.max_bed_c)},
              {"MaxChamberC", or_null(can.max_chamber_c)},
              {"Travel", travel_of(can)},
              {"Offers", can.offers},
              {"Firmware", std::move(firmware)}}},
            {"Limits",
             {{"ArgumentBytes", max_argument_bytes},
              {"ResultBytes", max_envelope_bytes},
              {"UploadBytes", at.files.max_file_bytes()},
              {"Viewers", max_viewers}}}};
}

} // namespace

transport::task<command_answer> run_ping(command_context& at, const arguments&)
{
    co_return command_answer(pong(at.facts));
}

transport::task<command_answer> run_status(command_context& at, const arguments& given)
{
    const bool with_materials = given.boolean("IncludeMaterialSystem").value_or(false);
    auto state = at.printer.state();
    command_answer answer;
    answer.why = failure_of_away(state);
    if (!answer.why && !with_materials) {
        answer.text = at.status.of(
            std::move(state), [&at] { return features_of(at.printer.capabilities()); }, at.cameras);
        co_return answer;
    }
    answer.result = status_result(state, features_of(at.printer.capabilities()));
    if (with_materials) answer.result["JobStatus"]["MaterialSystem"] = material_system(state);
    if (at.cameras != nullptr)
        answer.result["ListWebcams"] = webcam_list(at.cameras->list(), at.cameras->default_name(), false);
    co_return answer;
}

transport::task<command_answer> run_capabilities(command_context& at, const arguments&)
{
    co_return command_answer(capabilities_of(at));
}

} // namespace layerline::commands
