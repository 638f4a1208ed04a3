// Answers the Model API: files up and down, operations begun, told of and cancelled. Nothing here reads a
// model: that is done by processes of their own.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/jobs/job_runner.hpp"
#include "workshop/jobs/ledger_thread.hpp"
#include "workshop/service/callers.hpp"
#include "workshop/service/chunked_uploads.hpp"
#include "workshop/service/model_answer.hpp"
#include "workshop/service/model_routes.hpp"
#include "workshop/service/service_limits.hpp"

#include <memory>
#include <string>

namespace layerline::workshop {

// The result of a job, or why there is none. 71 if `operation` is given and the job is another.
model_answer result_of(const job_record& job, const std::string& operation);

class model_service final : public transport::service {
public:
    // All must outlive it and its exchanges.
    model_service(callers& known, chunked_uploads& chunked, ledger_thread& kept, job_queue& queue,
                  job_runner& runner, shelf& files, std::shared_ptr<commands::disk_threads> disk,
                  service_limits limits);
    transport::task<void> serve(transport::exchange& call) override;

private:
    // Who asks, and the answer; `sent` is set where it has been sent already.
    transport::task<model_answer> asked(transport::exchange& call, model_route where, bool& sent);
    transport::task<model_answer> answered(transport::exchange& call, model_route where, caller who,
                                           bool& sent);
    transport::task<model_answer> answered_file(transport::exchange& call, model_route where, caller who,
                                                bool& sent);
    transport::task<model_answer> answered_upload(transport::exchange& call, model_route where, caller who);
    transport::task<model_answer> answered_job(transport::exchange& call, model_route where,
                                               std::string owner, bool& sent);
    transport::task<model_answer> upload(transport::exchange& call, caller who, std::string query);
    transport::task<model_result<void>> take_in(transport::exchange& call,
                                                std::shared_ptr<arriving_file> file, std::string query,
                                                std::string& name);
    transport::task<model_answer> download(transport::exchange& call, file_record file, bool& sent);
    transport::task<model_answer> remove(file_record file);
    // An operation of that name, or a chain without one.
    transport::task<model_answer> begin(transport::exchange& call, std::string owner, std::string operation);
    // Server-sent events until it is over.
    transport::task<model_answer> events(transport::exchange& call, job_record job, bool& sent);
    transport::task<model_answer> cancel(job_record job);
    // 52 and 71 also where it is somebody else's.
    transport::task<model_result<file_record>> file_of(std::string owner, std::string id);
    transport::task<model_result<job_record>> job_of(std::string owner, std::string id);

    callers& callers_;
    chunked_uploads& chunked_;
    ledger_thread& kept_;
    job_queue& queue_;
    job_runner& runner_;
    shelf& files_;
    std::shared_ptr<commands::disk_threads> disk_;
    service_limits limits_;
};

} // namespace layerline::workshop
