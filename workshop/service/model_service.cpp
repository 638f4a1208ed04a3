#include "workshop/service/model_service.hpp"

#include "transport/error.hpp"

#include <boost/system/system_error.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

model_answer wrong_method(const char* allowed)
{
    auto answer = refusal(
        {model_errc::invalid_parameter, "This address takes " + std::string(allowed) + " only."}, 405);
    answer.head.headers.set("allow", allowed);
    return answer;
}

model_answer nothing_here()
{
    return refusal({model_errc::invalid_parameter, "There is nothing at this address."}, 404);
}

model_failure no_file(const std::string& id)
{
    return {model_errc::file_not_found,
            "File was not found or you are not the owner of the file. File id " + id.substr(0, 64)};
}

// What somebody whose token's time is over may not do any more.
bool needs_live_token(const std::string& method, model_place place)
{
    return method != "GET" && method != "HEAD" && method != "DELETE" && place != model_place::elsewhere;
}

} // namespace

model_service::model_service(callers& known, chunked_uploads& chunked, ledger_thread& kept, job_queue& queue,
                             job_runner& runner, shelf& files, std::shared_ptr<commands::disk_threads> disk,
                             service_limits limits)
    : callers_(known), chunked_(chunked), kept_(kept), queue_(queue), runner_(runner), files_(files),
      disk_(std::move(disk)), limits_(limits)
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
    const bool vendor = where.vendor;
    model_answer answer;
    bool sent = false, broke = false;
    try {
        answer = co_await asked(call, std::move(where), sent);
    } catch (const boost::system::system_error&) {
        throw; // the caller went away
    } catch (const std::exception& fault) {
        spdlog::error("{} {}: {}", call.request().method, call.request().target, fault.what());
        broke = true;
    }
    if (broke) answer = refusal({model_errc::server_error, {}});
    if (vendor && answer.head.status < 300) answer.head.status = 200;
    if (!sent) (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

task<model_answer> model_service::asked(transport::exchange& call, model_route where, bool& sent)
{
    if (where.place == model_place::token) {
        if (call.request().method != "POST") co_return wrong_method("POST");
        co_return co_await callers_.sign_in(call);
    }
    std::optional<unsigned> status;
    auto who = co_await callers_.of(call.request(), status);
    if (who.has_error()) co_return refusal(who.error(), status);
    if (who->expired && needs_live_token(call.request().method, where.place))
        co_return refusal({model_errc::token_expired, {}});
    co_return co_await answered(call, std::move(where), *std::move(who), sent);
}

task<model_answer> model_service::answered(transport::exchange& call, model_route where, caller who,
                                           bool& sent)
{
    switch (where.place) {
    case model_place::files:
    case model_place::file:
        co_return co_await answered_file(call, std::move(where), std::move(who), sent);
    case model_place::uploads:
    case model_place::upload:
    case model_place::upload_chunk:
    case model_place::upload_commit:
        co_return co_await answered_upload(call, std::move(where), std::move(who));
    case model_place::operations:
    case model_place::operation:
    case model_place::operation_result:
    case model_place::operation_events:
        co_return co_await answered_job(call, std::move(where), std::move(who.owner), sent);
    case model_place::health:
    case model_place::token:
    case model_place::elsewhere:
        break;
    }
    co_return nothing_here();
}

task<model_answer> model_service::answered_file(transport::exchange& call, model_route where, caller who,
                                                bool& sent)
{
    const auto& method = call.request().method;
    if (where.place == model_place::files) {
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await upload(call, std::move(who), std::move(where.query));
    }
    if (method != "GET" && method != "HEAD" && method != "DELETE")
        co_return wrong_method("GET, HEAD, DELETE");
    auto file = co_await file_of(std::move(who.owner), std::move(where.name));
    if (file.has_error()) co_return refusal(file.error());
    if (method == "DELETE") co_return co_await remove(*std::move(file));
    co_return co_await download(call, *std::move(file), sent);
}

task<model_answer> model_service::answered_upload(transport::exchange& call, model_route where, caller who)
{
    const auto most = who.uploads_per_month.value_or(limits_.uploads_per_month);
    auto owner = std::move(who.owner);
    const auto& method = call.request().method;
    switch (where.place) {
    case model_place::uploads:
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await chunked_.create(call, std::move(owner), most);
    case model_place::upload_chunk:
        if (method != "PUT") co_return wrong_method("PUT");
        co_return co_await chunked_.put(call, std::move(owner), std::move(where.name), std::move(where.part));
    case model_place::upload_commit:
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await chunked_.commit(call, std::move(owner), std::move(where.name), most);
    default:
        break;
    }
    if (method == "GET") co_return co_await chunked_.look(std::move(owner), std::move(where.name));
    if (method == "DELETE") co_return co_await chunked_.drop(std::move(owner), std::move(where.name));
    co_return wrong_method("GET, DELETE");
}

task<model_answer> model_service::answered_job(transport::exchange& call, model_route where,
                                               std::string owner, bool& sent)
{
    const auto& method = call.request().method;
    if (where.place == model_place::operations) {
        if (method == "POST") co_return co_await begin(call, std::move(owner), {});
        if (method != "GET") co_return wrong_method("GET, POST");
        co_return success(200, operations_json());
    }
    const bool one = where.place == model_place::operation && where.part != "status";
    if (one && method == "POST") co_return co_await begin(call, std::move(owner), std::move(where.name));
    if (method != "GET" && (!one || method != "DELETE"))
        co_return wrong_method(one ? "POST, GET, DELETE" : "GET");
    auto job = co_await job_of(std::move(owner), std::move(where.name));
    if (job.has_error()) co_return refusal(job.error());
    if (method == "DELETE") co_return co_await cancel(*std::move(job));
    if (where.place == model_place::operation_result) co_return result_of(*job, where.part);
    if (where.place == model_place::operation_events) co_return co_await events(call, *std::move(job), sent);
    const auto progress = runner_.progress(job->id);
    co_return success(200, where.vendor ? vendor_job_json(*job, progress) : job_json(*job, progress));
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

} // namespace layerline::workshop
