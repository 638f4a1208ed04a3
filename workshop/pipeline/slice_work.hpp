// A slice job, from its task to its answer: in `layerline-workshop work`, begun by the service. This process
// reads no model and no G-code itself; each part that does runs in a process of its own behind the sandbox,
// and the engine is a program of its own. All are of one process group: the service ends a job by ending
// that.
#pragma once

#include "workshop/jobs/job_task.hpp"

namespace layerline::workshop {

// Leaves the answer, which is a success for the queue whatever the slicing came to: {"status","data"}. The
// exit code: 0 there is an answer, 1 there is none.
int work_on_slice(const job_task& task);

} // namespace layerline::workshop
