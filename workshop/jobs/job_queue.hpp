// The queue of operations: an interface, so that jobs can be shared among several workshops. A job is done at
// least once, and its result taken exactly once: the attempt's number is the fence.
#pragma once

#include "transport/net.hpp"
#include "workshop/jobs/job.hpp"

#include <optional>
#include <string>

namespace layerline::workshop {

class job_queue {
public:
    virtual ~job_queue() = default;
    // Accepted once this returns: no crash loses it. 11 if the queue is full.
    virtual transport::task<model_result<void>> put(job_record job) = 0;
    // The next job for this workshop, if there is one, under a new attempt.
    virtual transport::task<model_result<std::optional<job_record>>> take() = 0;
    // False if this attempt is no longer the one that counts; then nothing was taken.
    virtual transport::task<model_result<bool>> finish(std::string id, std::uint32_t attempt,
                                                       job_outcome outcome) = 0;
    virtual transport::task<model_result<bool>> give_back(std::string id, std::uint32_t attempt,
                                                          bool died) = 0;
    virtual transport::task<model_result<std::optional<job_record>>> find(std::string id) = 0;
    // False if it is over, or unknown.
    virtual transport::task<model_result<bool>> cancel(std::string id) = 0;
};

} // namespace layerline::workshop
