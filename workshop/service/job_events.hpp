// How a job stands, as server-sent events until it is over.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/jobs/job_runner.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace layerline::workshop {

// As JSON; `progress` is that of a running one, where it is known.
using job_teller = nlohmann::json (*)(const job_record& job, std::optional<double> progress);

// An event when it begins and ends, and each 0.2 s in which its progress changed; a sign of life each 15 s.
// Ends with the job, or where the queue fails: the caller sees that it broke off, and asks.
transport::task<void> send_job_events(transport::exchange& call, job_queue& queue, job_runner& runner,
                                      job_record job, job_teller tell);

} // namespace layerline::workshop
