// Makes docs/openapi.json from the table of commands, so that it cannot differ from what the agent takes.
// usage: openapi_doc --write FILE | --check FILE
#include "commands/command.hpp"
#include "commands/status.hpp"
#include "docs/generated_page.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace {

using namespace layerline::commands;
using json = nlohmann::ordered_json;

json schema_of(const argument& row)
{
    json schema{{"type", name_of(row.type)}};
    if (row.type == argument_type::text) {
        if (row.least > 0) schema["minLength"] = static_cast<int>(row.least);
        schema["maxLength"] = static_cast<int>(row.most);
    } else if (row.type == argument_type::integer || row.type == argument_type::number) {
        schema["minimum"] = row.least;
        schema["maximum"] = row.most;
    }
    return schema;
}

std::vector<argument> arguments_of(const command_spec& spec)
{
    std::vector<argument> all(spec.schema.begin(), spec.schema.end());
    if (spec.acts) all.insert(all.end(), terms_schema().begin(), terms_schema().end());
    return all;
}

json in_query(const command_spec& spec)
{
    json parameters = json::array();
    for (const auto& row : arguments_of(spec))
        parameters.push_back(
            {{"name", row.name}, {"in", "query"}, {"required", row.required}, {"schema", schema_of(row)}});
    return parameters;
}

json in_body(const command_spec& spec)
{
    json properties = json::object(), required = json::array();
    for (const auto& row : arguments_of(spec)) {
        properties[std::string(row.name)] = schema_of(row);
        if (row.required) required.push_back(row.name);
    }
    json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json header(const char* name)
{
    return {{"$ref", std::string("#/components/parameters/") + name}};
}

json operation_of(const command_spec& spec, std::string_view method)
{
    const bool with_body = (method == "POST" || method == "PUT" || method == "DELETE") && !spec.body_is_file;
    json operation{
        {"summary", spec.does},
        {"operationId", std::string(method) + " " + std::string(spec.path)},
        {"security", json::array({{{"bearer", json::array({layerline::access::name_of(spec.needs)})}},
                                  {{"basic", json::array()}}})}};
    json parameters = with_body ? json::array() : in_query(spec);
    parameters.push_back(header("request-id"));
    parameters.push_back(header("timeout"));
    if (spec.acts) parameters.push_back(header("idempotency-key"));
    operation["parameters"] = std::move(parameters);
    if (with_body && !spec.always) operation["requestBody"] = in_body(spec);
    if (spec.body_is_file)
        operation["requestBody"] = {{"required", true},
                                    {"content", {{"application/octet-stream", json::object()}}}};
    json envelope{{"application/json", {{"schema", {{"$ref", "#/components/schemas/envelope"}}}}}};
    if (spec.run_raw) {
        operation["responses"] = {{"200", {{"description", "What was asked for, as it is."}}},
                                  {"default", {{"description", "A failure."}, {"content", envelope}}}};
    } else {
        operation["responses"] = {
            {"200", {{"description", "A result, or a failure in the envelope."}, {"content", envelope}}},
            {"403", {{"description", "The token lacks the scope."}, {"content", envelope}}}};
    }
    return operation;
}

json text_of(const char* description)
{
    return {{"type", "string"}, {"description", description}};
}

json components()
{
    json statuses = json::array();
    for (const auto& row : status_table)
        statuses.push_back(row.code);
    const auto parameter = [](const char* name, const char* description) {
        return json{{"name", name}, {"in", "header"}, {"required", false}, {"schema", text_of(description)}};
    };
    return {
        {"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
          {"basic", {{"type", "http"}, {"scheme", "basic"}}}}},
        {"parameters",
         {{"request-id",
           parameter("X-Request-Id", "1-64 of A-Za-z0-9_-; told in the answer and in every log")},
          {"timeout", parameter("X-Layerline-Timeout-Ms", "how long the caller waits, in milliseconds")},
          {"idempotency-key", parameter("Idempotency-Key", "1-64 of A-Za-z0-9_-; carried out once only")}}},
        {"schemas",
         {{"envelope",
           {{"type", "object"},
            {"required", json::array({"Status", "RequestId"})},
            {"properties",
             {{"Status", {{"type", "integer"}, {"enum", std::move(statuses)}}},
              {"Result", {{"type", "object"}}},
              {"Error", text_of("one sentence of what happened")},
              {"Cause",
               {{"type", "object"},
                {"properties",
                 {{"Code", text_of("a stable name")},
                  {"Text", text_of("what it means")},
                  {"Advice", text_of("what to do")},
                  {"Hop", {{"type", "string"}, {"enum", json::array({"agent", "host", "printer"})}}}}}}},
              {"RequestId", {{"type", "string"}}}}}}}}}};
}

std::string document()
{
    json paths = json::object();
    for (const auto& spec : command_table()) {
        json item = json::object();
        for (const auto method : spec.methods) {
            std::string name(method);
            for (char& c : name)
                c = static_cast<char>(c - 'A' + 'a');
            item[name] = operation_of(spec, method);
        }
        paths["/" + std::string(spec.path)] = std::move(item);
    }
    const json all{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Layerline Plugin API"},
          {"version", "1"},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
          {"description",
           "What an agent beside a 3D printer can be asked. Results and terms: docs/plugin-api.md."}}},
        {"servers",
         json::array(
             {{{"url", "http://127.0.0.1:8481/plugin-api/v1"}, {"description", "the agent itself"}},
              {{"url", "https://{relay}/printers/{agent}/plugin-api/v1"},
               {"description", "through a relay"},
               {"variables", {{"relay", {{"default", "relay.example"}}}, {"agent", {{"default", "id"}}}}}}})},
        {"paths", std::move(paths)},
        {"components", components()}};
    return all.dump(1) + "\n";
}

} // namespace

int main(int argc, char** argv)
{
    return layerline::docs::write_or_check(argc, argv, "openapi_doc", document);
}
