#include "workshop/service/model_answer.hpp"

#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr const char* retry_after_s = "5"; // for a queue or a memory that is full

json errors_of(const model_failure& why)
{
    const auto& row = row_of(why.code);
    auto error = json::object();
    error["code"] = static_cast<int>(row.code);
    error["message"] = text_of(why);
    error["name"] = row.name;
    error["advice"] = row.advice;
    return json::array({std::move(error)});
}

std::string text_of_json(const json& body)
{
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

const char* kind_name(parameter_kind kind)
{
    switch (kind) {
    case parameter_kind::model:
        return "id";
    case parameter_kind::number:
        return "number";
    case parameter_kind::whole:
        return "integer";
    case parameter_kind::choice:
        return "string";
    case parameter_kind::flag:
        return "boolean";
    case parameter_kind::list:
        return "array";
    }
    return "string";
}

json parameter_json(const parameter& one)
{
    json told{{"name", one.name},
              {"type", kind_name(one.kind)},
              {"required", one.needed},
              {"meaning", one.meaning}};
    if (one.kind == parameter_kind::number || one.kind == parameter_kind::whole) {
        told[one.open_below ? "above" : "minimum"] = one.least;
        told["maximum"] = one.most;
    }
    if (one.kind == parameter_kind::choice) told["values"] = one.choices;
    if (one.kind == parameter_kind::list) {
        told["maxItems"] = one.most;
        for (const auto& field : fields_of(one))
            told["fields"].push_back(parameter_json(field));
    }
    return told;
}

} // namespace

model_answer refusal(const model_failure& why, std::optional<unsigned> status)
{
    model_answer answer;
    answer.head.status = status.value_or(row_of(why.code).status);
    answer.head.headers.set("content-type", "application/json");
    answer.head.headers.set("cache-control", "no-store");
    if (answer.head.status == 401) answer.head.headers.set("www-authenticate", R"(Bearer realm="layerline")");
    if (answer.head.status == 503) answer.head.headers.set("retry-after", retry_after_s);
    auto body = json::object();
    body["errors"] = errors_of(why);
    answer.body = text_of_json(body);
    return answer;
}

model_answer success(unsigned status, const json& body)
{
    model_answer answer;
    answer.head.status = status;
    answer.head.headers.set("content-type", "application/json");
    answer.head.headers.set("cache-control", "no-store");
    answer.body = text_of_json(body);
    return answer;
}

json job_json(const job_record& job, std::optional<double> progress)
{
    auto told = json::object();
    told["operationId"] = job.id;
    told["operation"] = job.operation;
    told["state"] = name_of(job.state);
    told["progress"] = job.state == job_state::succeeded ? 1.0 : progress.value_or(0.0);
    told["created"] = job.created_unix;
    told["ended"] = is_over(job.state) ? json(job.ended_unix) : json();
    told["result"] = job.state == job_state::succeeded ? json::parse(job.fields, nullptr, false) : json();
    told["errors"] = job.state == job_state::failed ? errors_of(job.why) : json::array();
    if (!job.steps.empty()) {
        const auto steps = json::parse(job.steps, nullptr, false);
        const auto so_far = json::parse(job.fields, nullptr, false);
        told["step"] = job.step + 1;
        told["stepsInAll"] = steps.size();
        told["steps"] = so_far.is_object() ? so_far.value("steps", json::array()) : json::array();
    }
    return told;
}

json file_json(const file_record& file)
{
    auto told = json::object();
    told["fileId"] = file.id;
    told["name"] = file.name;
    told["bytes"] = file.bytes;
    told["expires"] = file.expires_unix;
    return told;
}

json vendor_job_json(const job_record& job, std::optional<double> progress)
{
    auto told = json::object();
    told["operationId"] = job.id;
    told["isCompleted"] = is_over(job.state);
    told["isSuccessful"] = job.state == job_state::succeeded;
    told["progress"] = is_over(job.state) ? 1.0 : progress.value_or(0.0);
    told["errors"] = job.state == job_state::failed ? errors_of(job.why) : json::array();
    return told;
}

json operations_json()
{
    auto all = json::array();
    for (const auto& row : operation_table()) {
        auto takes = json::array();
        for (const auto& one : row.parameters)
            takes.push_back(parameter_json(one));
        auto told = json::object();
        told["name"] = row.name;
        told["does"] = row.does;
        told["takes"] = std::move(takes);
        told["gives"] = row.output == operation_output::model  ? "resultId"
                        : row.output == operation_output::file ? "fileId"
                                                               : "fields";
        all.push_back(std::move(told));
    }
    auto body = json::object();
    body["operations"] = std::move(all);
    return body;
}

} // namespace layerline::workshop
