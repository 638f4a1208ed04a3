#include "workshop/service/operation_request.hpp"

#include "workshop/operations/operation.hpp"
#include "workshop/service/callback.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

// In place of the input that a chain's later steps do not name.
constexpr const char* made_before = "made by the step before";

// "" for none.
model_result<std::string> callback_of(const json& body)
{
    const auto found = body.find("callbackUrl");
    if (found == body.end() || found->is_null()) return std::string();
    if (!found->is_string()) return invalid_parameter("callbackUrl");
    auto url = found->get<std::string>();
    if (url.empty()) return url;
    if (url.size() > most_callback || !is_callback_url(url)) return invalid_parameter("callbackUrl");
    return url;
}

model_result<json> step_of(const json& given, bool first)
{
    if (!given.is_object()) return invalid_parameter("steps");
    const auto name = given.find("operation");
    const auto* const row = name != given.end() && name->is_string()
                                ? find_operation(name->get_ref<const std::string&>())
                                : nullptr;
    if (row == nullptr) return invalid_parameter("operation");
    auto parameters = given;
    const std::string input(input_parameter(*row));
    if (!first) parameters[input] = made_before;
    auto checked = checked_parameters(parameters, row->parameters);
    if (checked.has_error()) return checked.error();
    if (!first) checked->erase(input);
    auto step = json::object();
    step["operation"] = row->name;
    step["parameters"] = *std::move(checked);
    return json_result(std::move(step));
}

} // namespace

model_result<job_record> parse_operation(std::string_view operation, std::string_view body)
{
    const auto* const row = find_operation(operation);
    if (row == nullptr) return invalid_parameter("operation");
    const auto given = json::parse(body, nullptr, false);
    const auto parameters = checked_parameters(given, row->parameters);
    if (parameters.has_error()) return parameters.error();
    auto callback = callback_of(given);
    if (callback.has_error()) return callback.error();
    job_record job;
    job.operation = row->name;
    job.parameters = parameters->dump();
    job.input = parameters->value(input_parameter(*row), "");
    job.callback = *std::move(callback);
    return job;
}

model_result<job_record> parse_chain(std::string_view body)
{
    const auto given = json::parse(body, nullptr, false);
    if (!given.is_object()) return invalid_parameter("body");
    const auto found = given.find("steps");
    if (found == given.end() || !found->is_array() || found->empty() || found->size() > most_steps)
        return invalid_parameter("steps");
    auto callback = callback_of(given);
    if (callback.has_error()) return callback.error();
    auto steps = json::array();
    for (const auto& one : *found) {
        auto step = step_of(one, steps.empty());
        if (step.has_error()) return step.error();
        steps.push_back(*std::move(step));
    }
    const auto& first = steps.front();
    job_record job;
    job.operation = first["operation"].get<std::string>();
    const auto* const row = find_operation(job.operation);
    job.parameters = first["parameters"].dump();
    job.input = first["parameters"].value(std::string(input_parameter(*row)), "");
    job.steps = steps.dump();
    job.callback = *std::move(callback);
    return job;
}

} // namespace layerline::workshop
