#include "workshop/service/slice_service.hpp"

#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/service/job_events.hpp"
#include "workshop/service/profile_answer.hpp"
#include "workshop/slicing/slice_reference.hpp"

#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

model_answer plain_refusal(unsigned http, std::string text)
{
    return slice_refusal(slice_failure{slice_errc::bad_value, {}, std::move(text)}, {}, http);
}

model_answer wrong_method(const char* allowed)
{
    auto answer = plain_refusal(405, "This address takes " + std::string(allowed) + " only.");
    answer.head.headers.set("allow", allowed);
    return answer;
}

} // namespace

slice_service::slice_service(callers& known, ledger_thread& kept, job_queue& queue, job_runner& runner,
                             shelf& files, std::shared_ptr<commands::disk_threads> disk,
                             slice_settings settings)
    : callers_(known), kept_(kept), queue_(queue), runner_(runner), files_(files), disk_(std::move(disk)),
      settings_(std::move(settings))
{
}

task<void> slice_service::serve(transport::exchange& call)
{
    model_answer answer;
    bool sent = false, broke = false;
    try {
        answer = co_await asked(call, slice_route_of(call.request().target), sent);
    } catch (const boost::system::system_error&) {
        throw; // the caller went away
    } catch (const std::exception& fault) {
        spdlog::error("{} {}: {}", call.request().method, call.request().target, fault.what());
        broke = true;
    }
    if (broke) answer = slice_refusal(slice_failure{}, {}, 500);
    if (!sent) (void)co_await transport::respond_with(call, std::move(answer.head), std::move(answer.body));
}

task<model_answer> slice_service::asked(transport::exchange& call, slice_route where, bool& sent)
{
    std::optional<unsigned> status;
    auto who = co_await callers_.of(call.request(), status);
    if (who.has_error()) co_return slice_refusal(who.error(), status);
    const auto& method = call.request().method;
    if (who->expired && method != "GET" && method != "HEAD" && method != "DELETE")
        co_return slice_refusal({model_errc::token_expired, {}});
    co_return co_await answered(call, std::move(where), std::move(who->owner), sent);
}

task<model_answer> slice_service::answered(transport::exchange& call, slice_route where, std::string owner,
                                           bool& sent)
{
    const auto& method = call.request().method;
    if (where.place == slice_place::elsewhere)
        co_return plain_refusal(404, "There is nothing at this address.");
    if (where.place == slice_place::slices) {
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await begin(call, std::move(owner));
    }
    if (where.place == slice_place::requests) {
        if (method != "POST") co_return wrong_method("POST");
        co_return co_await make_request(call);
    }
    const bool may_delete = where.place == slice_place::slice, may_head = where.place == slice_place::result;
    if (method != "GET" && !(may_delete && method == "DELETE") && !(may_head && method == "HEAD"))
        co_return wrong_method(may_delete ? "GET, DELETE" : may_head ? "GET, HEAD" : "GET");
    if (where.place == slice_place::reference) co_return success(200, reference_json());
    if (where.place == slice_place::profiles) co_return success(200, profiles_json(settings_.profiles));
    auto job = co_await job_of(std::move(owner), std::move(where.id));
    if (job.has_error()) {
        if (job.error().code == model_errc::operation_not_found)
            co_return plain_refusal(404, "There is no such slice, or it is not yours.");
        co_return slice_refusal(job.error());
    }
    switch (where.place) {
    case slice_place::log:
        if (!is_over(job->state)) co_return plain_refusal(409, "The slice is not over yet.");
        co_return success(200, slice_log_json(*job));
    case slice_place::result:
        co_return co_await result(call, *std::move(job), sent);
    case slice_place::layers:
    case slice_place::layer:
        co_return co_await layers(call, *std::move(job), std::move(where.part), sent);
    case slice_place::events:
        sent = true;
        co_await send_job_events(call, queue_, runner_, *std::move(job), slice_json);
        co_return model_answer();
    default:
        break;
    }
    if (method == "DELETE") co_return co_await cancel(*std::move(job));
    const auto progress = runner_.progress(job->id);
    co_return success(200, slice_json(*job, progress));
}

task<model_result<job_record>> slice_service::job_of(std::string owner, std::string id)
{
    const model_failure none{model_errc::operation_not_found, {}};
    if (!is_id(id) || id[0] != 's') co_return none;
    auto found = co_await queue_.find(id);
    if (found.has_error()) co_return found.error();
    if (!*found || (*found)->owner != owner) co_return none;
    co_return **std::move(found);
}

task<model_answer> slice_service::cancel(job_record job)
{
    auto done = co_await queue_.cancel(job.id);
    if (done.has_error()) co_return slice_refusal(done.error());
    if (*done) {
        runner_.end(job.id);
        job.state = job_state::cancelled;
        job.ended_unix = unix_now();
    }
    co_return success(200, slice_json(job, std::nullopt));
}

} // namespace layerline::workshop
