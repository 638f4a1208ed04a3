// Makes docs/openapi-models.json from the tables of operations and of errors, so that it cannot differ from
// what the workshop takes.
// usage: openapi_models_doc --write FILE | --check FILE
#include "docs/generated_page.hpp"
#include "workshop/models/model_error.hpp"
#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace layerline::workshop;
using json = nlohmann::ordered_json;

json ref(const char* name)
{
    return {{"$ref", std::string("#/components/schemas/") + name}};
}

json in_json(json schema)
{
    return {{"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json in_path(const char* name)
{
    return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

json schema_of(const parameter& one)
{
    json schema{{"description", one.meaning}};
    switch (one.kind) {
    case parameter_kind::model:
        schema["type"] = "string";
        break;
    case parameter_kind::flag:
        schema["type"] = "boolean";
        break;
    case parameter_kind::choice:
        schema["type"] = "string";
        schema["enum"] = std::vector<std::string>(one.choices.begin(), one.choices.end());
        break;
    case parameter_kind::list: {
        json fields = json::object(), names = json::array();
        for (const auto& field : fields_of(one)) {
            auto inner = schema_of(field);
            inner["x-code"] = static_cast<int>(field.wrong);
            fields[std::string(field.name)] = std::move(inner);
            names.push_back(field.name);
        }
        schema["type"] = "array";
        schema["maxItems"] = static_cast<int>(one.most);
        schema["items"] = {
            {"type", "object"}, {"properties", std::move(fields)}, {"required", std::move(names)}};
        break;
    }
    case parameter_kind::number:
    case parameter_kind::whole:
        schema["type"] = one.kind == parameter_kind::whole ? "integer" : "number";
        schema[one.open_below ? "exclusiveMinimum" : "minimum"] = one.least;
        schema["maximum"] = one.most;
        break;
    }
    return schema;
}

// What one operation takes, with the code that each wrong value has.
json takes(const operation_row& row)
{
    json properties = json::object(), required = json::array();
    for (const auto& one : row.parameters) {
        auto schema = schema_of(one);
        schema["x-code"] = static_cast<int>(one.wrong);
        properties[std::string(one.name)] = std::move(schema);
        if (one.needed) required.push_back(one.name);
    }
    properties["callbackUrl"] = {{"type", json::array({"string", "null"})}, {"maxLength", 2048}};
    json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

json call(const char* summary, const char* status, json schema)
{
    auto good = in_json(std::move(schema));
    good["description"] = "Done.";
    auto bad = in_json(ref("errors"));
    bad["description"] = "A failure: see the codes.";
    return {{"summary", summary}, {"responses", {{status, std::move(good)}, {"default", std::move(bad)}}}};
}

json bytes_call(const char* summary, const char* status, json schema)
{
    auto made = call(summary, status, std::move(schema));
    made["requestBody"] = {{"required", true}, {"content", {{"application/octet-stream", json::object()}}}};
    return made;
}

json json_call(const char* summary, const char* status, json schema, json body)
{
    auto made = call(summary, status, std::move(schema));
    made["requestBody"] = in_json(std::move(body));
    return made;
}

json download()
{
    auto made = call("The bytes; Range: bytes=a-b gives a part.", "200", json::object());
    const json bytes{{"description", "The file."},
                     {"content", {{"application/octet-stream", json::object()}}}};
    made["responses"]["200"] = bytes;
    made["responses"]["206"] = bytes;
    return made;
}

json events()
{
    auto made = call("Server-sent events with the operation's state, until its end.", "200", json::object());
    made["responses"]["200"] = {{"description", "Events \"state\"."},
                                {"content", {{"text/event-stream", json::object()}}}};
    return made;
}

json paths()
{
    json all = json::object();
    auto upload = bytes_call("Uploads a file.", "201", ref("file"));
    upload["requestBody"]["content"]["multipart/form-data"] = json::object();
    upload["parameters"] =
        json::array({{{"name", "name"}, {"in", "query"}, {"schema", {{"type", "string"}}}}});
    all["/files"] = {{"post", std::move(upload)}};
    const json id = json::array({in_path("id")});
    all["/files/{id}"] = {{"parameters", id},
                          {"get", download()},
                          {"delete", call("Deletes it.", "200", {{"type", "object"}})}};
    all["/uploads"] = {
        {"post", json_call("Begins an upload in chunks.", "201", ref("upload"), ref("upload_wish"))}};
    all["/uploads/{id}"] = {{"parameters", id},
                            {"get", call("Which chunks are there.", "200", ref("upload"))},
                            {"delete", call("Gives it up.", "200", {{"type", "object"}})}};
    all["/uploads/{id}/chunks/{number}"] = {
        {"parameters", json::array({in_path("id"), in_path("number")})},
        {"put",
         bytes_call("A chunk; again takes the place of the one before.", "200", {{"type", "object"}})}};
    all["/uploads/{id}/commit"] = {
        {"parameters", id},
        {"post", json_call("Makes the chunks a file.", "201", ref("file"),
                           {{"type", "object"}, {"properties", {{"sha256", {{"type", "string"}}}}}})}};
    all["/operations"] = {{"get", call("What there is.", "200", {{"type", "object"}})},
                          {"post", json_call("Begins a chain.", "202", ref("begun"), ref("chain"))}};
    for (const auto& row : operation_table())
        for (const auto& name : std::set<std::string>{std::string(row.name), std::string(row.other_name)})
            all["/operations/" + name] = {
                {"post", json_call(std::string(row.does).c_str(), "202", ref("begun"), takes(row))}};
    all["/operations/{id}"] = {{"parameters", id},
                               {"get", call("How it stands.", "200", ref("operation"))},
                               {"delete", call("Cancels it.", "200", ref("operation"))}};
    all["/operations/{id}/result"] = {{"parameters", id},
                                      {"get", call("The result's fields.", "200", {{"type", "object"}})}};
    all["/operations/{id}/events"] = {{"parameters", id}, {"get", events()}};
    return all;
}

json object_of(const std::vector<std::pair<const char*, json>>& properties)
{
    json all = json::object();
    for (const auto& [name, schema] : properties)
        all[name] = schema;
    return {{"type", "object"}, {"properties", std::move(all)}};
}

json schemas()
{
    const json text{{"type", "string"}}, whole{{"type", "integer"}}, number{{"type", "number"}},
        object{{"type", "object"}}, list{{"type", "array"}};
    json codes = json::array(), statuses = json::object();
    for (const auto& row : model_error_table()) {
        codes.push_back(static_cast<int>(row.code));
        statuses[std::to_string(static_cast<int>(row.code))] = row.status;
    }
    auto error = object_of({{"code", {{"type", "integer"}, {"enum", std::move(codes)}}},
                            {"message", text},
                            {"name", text},
                            {"advice", text}});
    auto errors = object_of({{"errors", {{"type", "array"}, {"items", std::move(error)}}}});
    errors["x-http-status"] = std::move(statuses);
    json states = json::array({"queued", "running", "succeeded", "failed", "cancelled"});
    return {{"errors", std::move(errors)},
            {"file", object_of({{"fileId", text}, {"name", text}, {"bytes", whole}, {"expires", whole}})},
            {"upload_wish", object_of({{"id", text}, {"name", text}, {"bytes", whole}, {"sha256", text}})},
            {"upload", object_of({{"fileId", text},
                                  {"name", text},
                                  {"bytes", whole},
                                  {"received", whole},
                                  {"chunks", list},
                                  {"maxChunkBytes", whole},
                                  {"expires", whole}})},
            {"chain", object_of({{"steps", {{"type", "array"}, {"items", object}, {"maxItems", 16}}},
                                 {"callbackUrl", text}})},
            {"begun", object_of({{"operationId", text}})},
            {"operation", object_of({{"operationId", text},
                                     {"operation", text},
                                     {"state", {{"type", "string"}, {"enum", std::move(states)}}},
                                     {"progress", number},
                                     {"created", whole},
                                     {"ended", {{"type", json::array({"integer", "null"})}}},
                                     {"result", {{"type", json::array({"object", "null"})}}},
                                     {"errors", list},
                                     {"step", whole},
                                     {"stepsInAll", whole},
                                     {"steps", list}})}};
}

std::string document()
{
    const json all{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Layerline Model API"},
          {"version", "1"},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
          {"description", "Files, uploads in chunks and operations on models. See model-api.md."}}},
        {"servers", json::array({{{"url", "/models/v1"}}, {{"url", "/workshop/models/v1"}}})},
        {"security", json::array({{{"bearer", json::array()}}})},
        {"paths", paths()},
        {"components",
         {{"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}},
          {"schemas", schemas()}}}};
    return all.dump(1) + "\n";
}

} // namespace

int main(int argc, char** argv)
{
    return layerline::docs::write_or_check(argc, argv, "openapi_models_doc", document);
}
