// Answers of the Model API: {"errors":[{"code","message",…}]} with the code's HTTP status, and JSON objects.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/jobs/job.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace layerline::workshop {

struct model_answer {
    transport::response_head head;
    std::string body;
};

// `status` instead of the code's own where HTTP has a more exact one.
model_answer refusal(const model_failure& why, std::optional<unsigned> status = {});
model_answer success(unsigned status, const nlohmann::json& body);

// What an upload is answered: "fileId", "name", "bytes", "expires".
nlohmann::json file_json(const file_record& file);
// How a job stands, as the vendor's SDKs read it: "isCompleted" (of a failed one, too), "isSuccessful".
nlohmann::json vendor_job_json(const job_record& job, std::optional<double> progress);
// How a job stands: "operationId", "operation", "state", "progress" (0 to 1), "created", "ended", "result",
// "errors", of a chain also "step" and "steps". `progress` is that of a running one, where it is known.
nlohmann::json job_json(const job_record& job, std::optional<double> progress);
// "name", "type", "takes", "gives", "does" of each operation.
nlohmann::json operations_json();

} // namespace layerline::workshop
