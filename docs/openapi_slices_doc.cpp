// Makes docs/openapi-slices.json from the reference of slice requests and the table of their errors, so that
// it cannot differ from what the workshop takes.
// usage: openapi_slices_doc --write FILE | --check FILE
#include "docs/generated_page.hpp"
#include "workshop/slicing/slice_error.hpp"
#include "workshop/slicing/slice_reference.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace layerline::workshop;
using json = nlohmann::ordered_json;

constexpr double unbounded = 1e300;

json ref(const char* name)
{
    return {{"$ref", std::string("#/components/schemas/") + name}};
}

json plain_value(const slice_field& field)
{
    return json::parse(usual_value(field).dump());
}

json schema_of(const slice_field& field)
{
    json schema = json::object();
    switch (field.kind) {
    case field_kind::whole:
    case field_kind::number:
        schema["type"] = field.kind == field_kind::whole ? "integer" : "number";
        if (field.least > -unbounded) schema[field.open_below ? "exclusiveMinimum" : "minimum"] = field.least;
        if (field.most < unbounded) schema["maximum"] = field.most;
        break;
    case field_kind::flag:
        schema["type"] = "boolean";
        break;
    case field_kind::text:
        schema["type"] = "string";
        break;
    case field_kind::choice:
        schema["type"] = "string";
        schema["enum"] = std::vector<std::string>(field.choices.begin(), field.choices.end());
        break;
    case field_kind::lines:
        schema = {{"type", "array"}, {"items", {{"type", "string"}, {"maxLength", 256}}}, {"maxItems", 1000}};
        break;
    }
    if (!field.needed) schema["default"] = plain_value(field);
    schema["description"] = field.text;
    if (!field.unit.empty()) schema["x-unit"] = field.unit;
    return schema;
}

// Fields with a dot in their names are those of an object of its own.
json schema_of(const slice_section& section)
{
    json properties = json::object(), required = json::array();
    for (const auto& field : section.fields) {
        const std::string name(field.name);
        const auto dot = name.find('.');
        if (dot == std::string::npos) {
            properties[name] = schema_of(field);
        } else {
            auto& object = properties[name.substr(0, dot)];
            object["type"] = "object";
            object["properties"][name.substr(dot + 1)] = schema_of(field);
        }
        if (field.needed) required.push_back(name);
    }
    json schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    if (section.shape == section_shape::list) schema = {{"type", "array"}, {"items", std::move(schema)}};
    if (section.can_be_off && section.shape == section_shape::object)
        schema["type"] = json::array({"object", "null"});
    schema["description"] = section.text;
    if (section.missing) schema["x-missing-code"] = static_cast<int>(*section.missing);
    return schema;
}

json data_schema()
{
    json properties{{"version", {{"type", "string"}, {"enum", json::array({"1.0.2", "1.0.5", "1.0.6"})}}},
                    {"mode", {{"type", "string"}, {"enum", json::array({"gcode", "svg"})}}},
                    {"responseId", {{"type", "string"}, {"maxLength", 256}}},
                    {"bucketOut", {{"type", "string"}, {"maxLength", 256}}}};
    json required = json::array({"version"});
    for (const auto& section : slice_sections()) {
        properties[std::string(section.name)] = schema_of(section);
        if (section.missing && section.name != "multiExtrusion") required.push_back(section.name);
    }
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", std::move(required)},
            {"additionalProperties", false}};
}

json in_json(json schema, const char* description)
{
    return {{"description", description},
            {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json call(const char* summary, const char* status, json schema)
{
    return {{"summary", summary},
            {"responses",
             {{status, in_json(std::move(schema), "Done.")},
              {"default", in_json(ref("failure"), "Refused: `status` is the code.")}}}};
}

json json_call(const char* summary, const char* status, json schema, json body)
{
    auto made = call(summary, status, std::move(schema));
    made["requestBody"] = in_json(std::move(body), "");
    made["requestBody"].erase("description");
    return made;
}

json bytes_call(const char* summary, const std::vector<const char*>& types)
{
    auto made = call(summary, "200", json::object());
    json content = json::object();
    for (const char* type : types)
        content[type] = json::object();
    made["responses"]["200"] = {{"description", "The bytes."}, {"content", std::move(content)}};
    return made;
}

json paths()
{
    const auto in_path = [](const char* name) {
        return json{{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
    };
    const json id = json::array({in_path("id")}), object{{"type", "object"}};
    json all = json::object();
    all[""] = {{"post", json_call("Takes a slice request.", "202", ref("begun"), ref("request"))}};
    all["/reference"] = {{"get", call("Every field of a request.", "200", object)}};
    all["/profiles"] = {{"get", call("Printers, materials and qualities.", "200", object)}};
    all["/requests"] = {
        {"post", json_call("Profiles become a request.", "200", ref("request"), ref("profile_wish"))}};
    all["/{id}"] = {{"parameters", id},
                    {"get", call("How it stands.", "200", ref("slice"))},
                    {"delete", call("Cancels it.", "200", ref("slice"))}};
    all["/{id}/events"] = {{"parameters", id},
                           {"get", bytes_call("Server-sent events \"state\".", {"text/event-stream"})}};
    all["/{id}/log"] = {{"parameters", id}, {"get", call("Its answer, with every step.", "200", ref("log"))}};
    all["/{id}/result"] = {{"parameters", id},
                           {"get", bytes_call("G-code, or drawings.", {"text/x.gcode", "application/zip"})}};
    all["/{id}/layers"] = {{"parameters", id}, {"get", call("What layers it has.", "200", object)}};
    all["/{id}/layers/{number}"] = {
        {"parameters", json::array({in_path("id"), in_path("number")})},
        {"get", bytes_call("One, drawn.", {"application/vnd.layerline.layer", "image/svg+xml"})}};
    return all;
}

json schemas()
{
    const json text{{"type", "string"}}, whole{{"type", "integer"}}, number{{"type", "number"}},
        truth{{"type", "boolean"}};
    const auto object_of = [](json properties) {
        return json{{"type", "object"}, {"properties", std::move(properties)}};
    };
    json codes = json::array({200}), texts = json::object();
    for (const auto& row : slice_error_table()) {
        codes.push_back(static_cast<int>(row.code));
        texts[std::to_string(static_cast<int>(row.code))] = row.text;
    }
    json status{{"type", "integer"}, {"enum", std::move(codes)}, {"x-texts", std::move(texts)}};
    auto step = object_of(
        {{"stepName", text}, {"stepTime", number}, {"message", text}, {"success", truth}, {"code", whole}});
    const json steps{{"type", "array"}, {"items", std::move(step)}};
    json data = object_of({{"mode", text},
                           {"hash", text},
                           {"fileId", text},
                           {"layers", whole},
                           {"time", number},
                           {"amount", number},
                           {"check", {{"type", "object"}}},
                           {"msg", text},
                           {"field", text},
                           {"responseId", text},
                           {"version", text},
                           {"totalTime", number},
                           {"steps", steps}});
    json log = object_of({{"status", status}, {"data", data}});
    json slice =
        object_of({{"id", text},
                   {"state",
                    {{"type", "string"},
                     {"enum", json::array({"queued", "running", "succeeded", "failed", "cancelled"})}}},
                   {"progress", number},
                   {"created", whole},
                   {"ended", {{"type", json::array({"integer", "null"})}}},
                   {"status", status},
                   {"data", data}});
    json request = object_of(
        {{"type", {{"type", "string"}, {"enum", json::array({"slice"})}}}, {"data", data_schema()}});
    request["required"] = json::array({"type", "data"});
    json wish = object_of({{"printer", text},
                           {"material", text},
                           {"quality", text},
                           {"extruders", {{"type", "integer"}, {"minimum", 1}, {"maximum", 16}}},
                           {"model", {{"type", "array"}, {"items", {{"type", "object"}}}}},
                           {"settings", {{"type", "object"}}},
                           {"mode", text},
                           {"responseId", text},
                           {"bucketOut", text}});
    return {{"request", std::move(request)}, {"begun", object_of({{"id", text}, {"responseId", text}})},
            {"slice", std::move(slice)},     {"log", log},
            {"failure", std::move(log)},     {"profile_wish", std::move(wish)}};
}

std::string page()
{
    const json all{{"openapi", "3.1.0"},
                   {"info",
                    {{"title", "Layerline Slice API"},
                     {"version", LAYERLINE_VERSION},
                     {"description", "The workshop's API for slicing. Behind an agent or a relay its base is "
                                     "/workshop/slices/v1."}}},
                   {"servers", json::array({{{"url", "/slices/v1"}}})},
                   {"security", json::array({{{"token", json::array()}}})},
                   {"paths", paths()},
                   {"components",
                    {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
                     {"schemas", schemas()}}}};
    return all.dump(1) + "\n";
}

} // namespace

int main(int argc, char** argv)
{
    return layerline::docs::write_or_check(argc, argv, "openapi_slices_doc", page);
}
