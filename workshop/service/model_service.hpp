// Answers the Model API: files up and down, operations begun, told of and cancelled. Nothing here reads a
// model: that is done by processes of their own.
#pragma once

#include "access/token_service.hpp"
#include "transport/exchange.hpp"
#include "workshop/jobs/job_runner.hpp"
#include "workshop/jobs/ledger_thread.hpp"
#include "workshop/service/model_answer.hpp"
#include "workshop/service/model_routes.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace layerline::workshop {

struct service_limits {
    std::uint64_t max_upload_bytes = 512ULL * 1024 * 1024;
    std::chrono::seconds kept{24L * 3600}; // uploads
};

class model_service final : public transport::service {
public:
    // All must outlive it and its exchanges.
    model_service(access::token_service& tokens, ledger_thread& kept, job_queue& queue, job_runner& runner,
                  shelf& files, std::shared_ptr<commands::disk_threads> disk, service_limits limits);
    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::task<model_answer> answered(transport::exchange& call, model_route where, std::string owner,
                                           bool& sent);
    // For whom a request acts: the owner's id, or the refusal.
    transport::task<model_result<std::string>> caller(transport::exchange& call,
                                                      std::optional<unsigned>& status);
    transport::task<model_answer> upload(transport::exchange& call, std::string owner, std::string query);
    transport::task<model_result<void>> take_in(transport::exchange& call,
                                                std::shared_ptr<arriving_file> file, std::string query,
                                                std::string& name);
    transport::task<model_answer> download(transport::exchange& call, file_record file, bool& sent);
    transport::task<model_answer> remove(file_record file);
    transport::task<model_answer> begin(transport::exchange& call, std::string owner, std::string operation);
    transport::task<model_answer> cancel(job_record job);
    // 52 and 71 also where it is somebody else's.
    transport::task<model_result<file_record>> file_of(std::string owner, std::string id);
    transport::task<model_result<job_record>> job_of(std::string owner, std::string id);

    access::token_service& tokens_;
    ledger_thread& kept_;
    job_queue& queue_;
    job_runner& runner_;
    shelf& files_;
    std::shared_ptr<commands::disk_threads> disk_;
    service_limits limits_;
};

} // namespace layerline::workshop
