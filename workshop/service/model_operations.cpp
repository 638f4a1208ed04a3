// Operations begun, told of and cancelled.
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/operation.hpp"
#include "workshop/service/free_memory.hpp"
#include "workshop/service/job_events.hpp"
#include "workshop/service/model_service.hpp"
#include "workshop/service/operation_request.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t most_request = 64UL * 1024;

model_failure no_operation(const std::string& id)
{
    return {model_errc::operation_not_found,
            "Operation was not found or you are not the owner of the operation. Operation id " +
                id.substr(0, 64)};
}

} // namespace

model_answer result_of(const job_record& job, const std::string& operation)
{
    if (!operation.empty()) {
        const auto* const row = find_operation(operation);
        if (row == nullptr || row->name != job.operation) return refusal(no_operation(job.id));
    }
    if (!is_over(job.state))
        return refusal(
            {model_errc::not_finished, "Operation with id " + job.id + " has not been finished yet."});
    if (job.state == job_state::cancelled)
        return refusal({model_errc::operation_not_started, "The operation was cancelled."}, 409);
    if (job.state == job_state::failed) return refusal(job.why);
    auto body = json::parse(job.fields, nullptr, false);
    if (!body.is_object()) body = json::object();
    body["operationId"] = job.id;
    return success(200, body);
}

task<model_result<job_record>> model_service::job_of(std::string owner, std::string id)
{
    if (!is_id(id)) co_return no_operation(id);
    auto found = co_await queue_.find(id);
    if (found.has_error()) co_return found.error();
    if (!*found || (*found)->owner != owner) co_return no_operation(id);
    co_return **std::move(found);
}

task<model_answer> model_service::begin(transport::exchange& call, std::string owner, std::string operation)
{
    if (!operation.empty() && find_operation(operation) == nullptr)
        co_return refusal(invalid_parameter("operation"), 404);
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_request);
    if (text.has_error()) co_return refusal(invalid_parameter("body"));
    auto asked = operation.empty() ? parse_chain(*text) : parse_operation(operation, *text);
    if (asked.has_error()) co_return refusal(asked.error());
    auto input = co_await file_of(owner, asked->input);
    if (input.has_error()) co_return refusal(input.error());
    job_record job = *std::move(asked);
    auto look = [file = files_.path_of(input->id)] { return head_of(file); };
    const auto head = co_await disk_->run(std::move(look));
    // None may have more than its limit: what needs more is refused by its process, for good.
    const auto needed = std::min(memory_for(job, head, input->bytes), limits_.job_memory_bytes);
    const auto room = check_memory(needed, limits_.free_memory_bytes, available_memory());
    if (room.has_error()) co_return refusal(room.error());
    job.id = new_id('o');
    job.owner = std::move(owner);
    job.created_unix = unix_now();
    job.expires_unix = job.created_unix + limits_.kept.count();
    const auto id = job.id;
    auto put = co_await queue_.put(std::move(job));
    if (put.has_error()) co_return refusal(put.error());
    runner_.wake();
    auto told = json::object();
    told["operationId"] = id;
    co_return success(202, told);
}

task<model_answer> model_service::cancel(job_record job)
{
    auto done = co_await queue_.cancel(job.id);
    if (done.has_error()) co_return refusal(done.error());
    if (*done) {
        runner_.end(job.id);
        job.state = job_state::cancelled;
        job.ended_unix = unix_now();
    }
    co_return success(200, job_json(job, std::nullopt));
}

task<model_answer> model_service::events(transport::exchange& call, job_record job, bool& sent)
{
    sent = true;
    co_await send_job_events(call, queue_, runner_, std::move(job), job_json);
    co_return model_answer();
}

} // namespace layerline::workshop
