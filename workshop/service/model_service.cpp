#include "workshop/service/model_service.hpp"

#include "transport/error.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/operations/operation.hpp"

#include <boost/system/system_error.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::workshop {

namespace net = transport::net;
using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t most_request = 64UL * 1024;
constexpr const char* local_owner = "local"; // whoever may open the unix socket

model_answer wrong_method(const char* allowed)
{
    auto answer = refusal(
        {model_errc::invalid_parameter, "This address takes " + std::string(allowed) + " only."}, 405);
    answer.head.headers.set("allow", allowed);
    return answer;
}

model_failure no_file(const std::string& id)
{
    return {model_errc::file_not_found,
            "File was not found or you are not the owner of the file. File id " + id.substr(0, 64)};
}

model_failure no_operation(const std::string& id)
{
    return {model_errc::operation_not_found,
            "Operation was not found or you are not the owner of the operation. Operation id " +
                id.substr(0, 64)};
}

// The result of a job, or why there is none.
model_answer result_of(const job_record& job)
{
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

} // namespace

model_service::model_service(access::token_service& tokens, ledger_thread& kept, job_queue& queue,
                             job_runner& runner, shelf& files, std::shared_ptr<commands::disk_threads> disk,
                             service_limits limits)
    : tokens_(tokens), kept_(kept), queue_(queue), runner_(runner), files_(files), disk_(std::move(disk)),
      limits_(limits)
{
}

task<void> model_service::serve(transport::exchange& call)
{
    auto where = model_route_of(call.request().target);
    if (where.place == model_place::health) {
        transport::response_head head;
        head.headers.set("content-type", "application/json");
        (void)co_await transport::respond_with(call, std::move(head), "{\"status\":200}");
        co_return;
    }
    model_answer answer;
    bool sent = false, broke = false;
    try {
        std::optional<unsigned> status;
        auto owner = co_await caller(call, status);
        if (owner.has_error())
            answer = refusal(owner.error(), status);
        else
            answer = co_await answered(call, std::move(where), *std::move(owner), sent);
    } catch (const boost::system::system_error&) {
        throw; // the caller went away
    } catch (const std::exception& fault) {
        spdlog::error("{} {}: {}", call.request().method, call.request().target, fault.what());
        broke = true;
    }
    if (broke) answer = refusal({model_errc::server_error, {}});
    if (!sent) (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

task<model_result<std::string>> model_service::caller(transport::exchange& call,
                                                      std::optional<unsigned>& status)
{
    if (call.request().via == transport::edge::local) co_return std::string(local_owner);
    const auto field = call.request().headers.find("authorization");
    auto secret = field ? access::secret_from_authorization(*field) : std::nullopt;
    auto found = co_await tokens_.authenticate(std::move(secret).value_or(std::string()));
    if (const auto* fault = std::get_if<access::credential_fault>(&found)) {
        if (*fault == access::credential_fault::store)
            co_return model_failure{model_errc::server_error, "The store of tokens did not answer."};
        co_return model_failure{model_errc::access_denied, {}};
    }
    auto& who = std::get<access::principal>(found);
    if (!who.scopes.has(access::scope::files)) {
        status = 403;
        co_return model_failure{model_errc::access_denied,
                                "Access denied: the token lacks the scope \"files\"."};
    }
    co_return std::move(who.id);
}

task<model_answer> model_service::answered(transport::exchange& call, model_route where, std::string owner,
                                           bool& sent)
{
    const auto method = call.request().method;
    switch (where.place) {
    case model_place::files:
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await upload(call, std::move(owner), std::move(where.query));
    case model_place::file: {
        if (method != "GET" && method != "HEAD" && method != "DELETE")
            co_return wrong_method("GET, HEAD, DELETE");
        auto file = co_await file_of(std::move(owner), std::move(where.name));
        if (file.has_error()) co_return refusal(file.error());
        if (method == "DELETE") co_return co_await remove(*std::move(file));
        co_return co_await download(call, *std::move(file), sent);
    }
    case model_place::operations:
        if (method != "GET") co_return wrong_method("GET");
        co_return success(200, operations_json());
    case model_place::operation:
        if (method == "POST") co_return co_await begin(call, std::move(owner), std::move(where.name));
        [[fallthrough]];
    case model_place::operation_result: {
        const bool result = where.place == model_place::operation_result;
        if (method != "GET" && (result || method != "DELETE"))
            co_return wrong_method(result ? "GET" : "POST, GET, DELETE");
        auto job = co_await job_of(std::move(owner), std::move(where.name));
        if (job.has_error()) co_return refusal(job.error());
        if (result) co_return result_of(*job);
        if (method == "DELETE") co_return co_await cancel(*std::move(job));
        co_return success(200, job_json(*job, runner_.progress(job->id)));
    }
    case model_place::health:
    case model_place::elsewhere:
        break;
    }
    co_return refusal({model_errc::invalid_parameter, "There is nothing at this address."}, 404);
}

task<model_result<file_record>> model_service::file_of(std::string owner, std::string id)
{
    if (!is_id(id)) co_return no_file(id);
    auto work = [id](ledger& kept) { return kept.find_file(id); };
    auto found = co_await kept_.ask(std::move(work));
    if (found.has_error()) co_return found.error();
    if (!*found || (*found)->owner != owner) co_return no_file(id);
    co_return **std::move(found);
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
    const auto* const row = find_operation(operation);
    if (row == nullptr) co_return refusal(invalid_parameter("operation"), 404);
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_request);
    if (text.has_error()) co_return refusal(invalid_parameter("body"));
    const auto parameters = checked_parameters(json::parse(*text, nullptr, false), row->parameters);
    if (parameters.has_error()) co_return refusal(parameters.error());
    auto input = co_await file_of(owner, parameters->value(input_parameter(*row), ""));
    if (input.has_error()) co_return refusal(input.error());
    job_record job;
    job.id = new_id('o');
    job.owner = std::move(owner);
    job.operation = row->name;
    job.parameters = parameters->dump();
    job.input = input->id;
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

} // namespace layerline::workshop
