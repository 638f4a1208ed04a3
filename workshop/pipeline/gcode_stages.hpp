// G-code: the models become the engine's project, the engine slices it, and what it wrote is finished and
// read back against what was asked. Three parts, each in a process of its own.
#pragma once

#include "workshop/jobs/job_task.hpp"
#include "workshop/pipeline/slice_task.hpp"
#include "workshop/pipeline/stage.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace layerline::workshop {

// Leaves the G-code as the job's output. The facts: "time" (s), "amount" (mm of filament), "layers"…
slice_result<nlohmann::json> make_gcode(const job_task& job, const slice_task& task,
                                        const std::vector<std::filesystem::path>& models, progress_line& line,
                                        slice_log& log);

} // namespace layerline::workshop
