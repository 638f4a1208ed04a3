// The process that does one job: `layerline-workshop work`, begun by the service.
#pragma once

namespace layerline::workshop {

// Reads the task on stdin, enters the sandbox, does it, leaves the answer. The exit code: 0 there is an
// answer (a failure is one too), 1 there is none.
int work_on_task();

} // namespace layerline::workshop
