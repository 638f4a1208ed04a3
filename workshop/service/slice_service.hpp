// Answers the Slice API: requests checked and queued, told of, cancelled, their results and layers given out.
// Nothing here reads a model or slices: that is done by processes of their own.
#pragma once

#include "commands/disk_threads.hpp"
#include "gcode/layer_index.hpp"
#include "transport/exchange.hpp"
#include "workshop/jobs/job_runner.hpp"
#include "workshop/jobs/ledger_thread.hpp"
#include "workshop/pipeline/slice_task.hpp"
#include "workshop/profiles/profile.hpp"
#include "workshop/service/callers.hpp"
#include "workshop/service/slice_answer.hpp"
#include "workshop/service/slice_routes.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace layerline::workshop {

struct slice_settings {
    std::string engine;
    std::filesystem::path cache; // empty: none
    std::uint64_t most_cache_bytes = 0;
    std::uint64_t free_memory_bytes = 0; // must be left when a slice is accepted
    std::chrono::seconds kept{24L * 3600};
    std::map<std::string, std::filesystem::path, std::less<>> buckets;
    profile_book profiles;
};

class slice_service final : public transport::service {
public:
    // All must outlive it and its exchanges.
    slice_service(callers& known, ledger_thread& kept, job_queue& queue, job_runner& runner, shelf& files,
                  std::shared_ptr<commands::disk_threads> disk, slice_settings settings);
    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::task<model_answer> asked(transport::exchange& call, slice_route where, bool& sent);
    transport::task<model_answer> answered(transport::exchange& call, slice_route where, std::string owner,
                                           bool& sent);
    transport::task<model_answer> begin(transport::exchange& call, std::string owner);
    // Where the request's models and its bucket are: 601, 604.
    transport::task<slice_result<job_record>> resolved(slice_request request, std::string owner,
                                                       std::uint64_t& bytes);
    transport::task<slice_result<slice_source>> source_of(nlohmann::json model, std::string path,
                                                          std::string owner, std::uint64_t& bytes);
    // POST /slices/v1/requests: {"printer","material","quality","extruders","model","settings","mode"}.
    transport::task<model_answer> make_request(transport::exchange& call);
    transport::task<model_answer> cancel(job_record job);
    transport::task<model_answer> result(transport::exchange& call, job_record job, bool& sent);
    transport::task<model_answer> layers(transport::exchange& call, job_record job, std::string part,
                                         bool& sent);
    transport::task<std::shared_ptr<const gcode::layer_index>> index_of(std::string file);
    transport::task<model_result<job_record>> job_of(std::string owner, std::string id);

    callers& callers_;
    ledger_thread& kept_;
    job_queue& queue_;
    job_runner& runner_;
    shelf& files_;
    std::shared_ptr<commands::disk_threads> disk_;
    slice_settings settings_;
    struct known_layers {
        std::string file;
        std::shared_ptr<const gcode::layer_index> index;
    };
    std::deque<known_layers> layers_; // of the results looked at last
};

} // namespace layerline::workshop
