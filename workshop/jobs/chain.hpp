// Several operations in one job: each works on what the one before it made. Pure.
#pragma once

#include "workshop/jobs/job.hpp"

#include <optional>
#include <string>

namespace layerline::workshop {

struct step_end {
    // JSON object {"steps":[{"operation", its result's fields}…]}, and with the last one its fields beside
    // them.
    std::string fields;
    std::optional<job_record> next; // the job as its next step begins; nothing after the last one
};

// After the job's present step. `fields` are what it gave, empty if it failed; `made` is the id of what it
// made, empty if it made nothing: then the next step has the same input.
step_end after_step(const job_record& job, const std::string& fields, const std::string& made);

} // namespace layerline::workshop
