// Answers of the Slice API: a Katana code stands in the body as `status`; the HTTP status says whether the
// request was taken. Pure.
#pragma once

#include "workshop/service/model_answer.hpp"
#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace layerline::workshop {

// HTTP 400 unless `http` says otherwise, with the step in which it failed.
model_answer slice_refusal(const slice_failure& why, const std::string& response_id,
                           std::optional<unsigned> http = {});
// A failure of the queue or the store, in the Slice API's form.
model_answer slice_refusal(const model_failure& why, std::optional<unsigned> http = {});

// How a slice stands: "id", "state" (queued, running, succeeded, failed, cancelled), "progress" (0 to 1),
// "created", "ended", and once it is over "status" and "data" as the log has them.
nlohmann::json slice_json(const job_record& job, std::optional<double> progress);
// The answer of one that is over, whatever ended it: {"status","data"}.
nlohmann::json slice_log_json(const job_record& job);
// By the answer's status, not by the queue's: a slice that was refused was done, too.
job_state slice_state(const job_record& job);

} // namespace layerline::workshop
