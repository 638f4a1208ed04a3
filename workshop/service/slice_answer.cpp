#include "workshop/service/slice_answer.hpp"

#include "workshop/pipeline/slice_log.hpp"
#include "workshop/pipeline/slice_task.hpp"

namespace layerline::workshop {

using nlohmann::json;

namespace {

std::string response_id_of(const job_record& job)
{
    const auto task = json::parse(job.parameters, nullptr, false);
    return task.is_object() ? task.value("responseId", std::string()) : std::string();
}

json answer_of(const job_record& job)
{
    auto told = json::parse(job.fields, nullptr, false);
    return told.is_object() ? told : json::object();
}

} // namespace

model_answer slice_refusal(const slice_failure& why, const std::string& response_id,
                           std::optional<unsigned> http)
{
    slice_log log;
    log.begin("Parse slice request");
    log.fail(why);
    auto answer = success(http.value_or(400), failed_slice(why, response_id, log.finish()));
    if (answer.head.status == 503) answer.head.headers.set("retry-after", "5");
    return answer;
}

model_answer slice_refusal(const model_failure& why, std::optional<unsigned> http)
{
    auto headers = refusal(why, http);
    auto answer =
        slice_refusal(slice_failure{slice_errc::internal, {}, text_of(why)}, {}, headers.head.status);
    answer.head = std::move(headers.head);
    return answer;
}

job_state slice_state(const job_record& job)
{
    if (job.state != job_state::succeeded) return job.state;
    return answer_of(job).value("status", 0) == 200 ? job_state::succeeded : job_state::failed;
}

json slice_log_json(const job_record& job)
{
    if (job.state == job_state::succeeded) return answer_of(job);
    const auto text =
        job.state == job_state::cancelled ? std::string("The slice was cancelled.") : text_of(job.why);
    slice_log log;
    const slice_failure why{slice_errc::internal, {}, text};
    log.begin("Create Slices");
    log.fail(why);
    return failed_slice(why, response_id_of(job), log.finish());
}

json slice_json(const job_record& job, std::optional<double> progress)
{
    auto told = json::object();
    const auto state = slice_state(job);
    if (is_over(state)) told = slice_log_json(job);
    told["id"] = job.id;
    told["state"] = name_of(state);
    told["progress"] = state == job_state::succeeded ? 1.0 : progress.value_or(0.0);
    told["created"] = job.created_unix;
    told["ended"] = is_over(state) ? json(job.ended_unix) : json();
    return told;
}

} // namespace layerline::workshop
