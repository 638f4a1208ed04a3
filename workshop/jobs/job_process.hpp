// The process that does one job: `layerline-workshop work`, begun by the service.
#pragma once

#include "workshop/jobs/job_task.hpp"

#include <string_view>

namespace layerline::workshop {

// Work that is no operation on one model, by its name: it brings sandboxes of its own.
struct other_work {
    std::string_view name;
    int (*run)(const job_task& task) = nullptr;
};

// Reads the task on stdin, enters the sandbox, does it, leaves the answer. The exit code: 0 there is an
// answer (a failure is one too), 1 there is none.
int work_on_task(const other_work& other);

} // namespace layerline::workshop
