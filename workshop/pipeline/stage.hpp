// A part of a slice job that reads a stranger's bytes, done by a process of its own behind the sandbox: what
// it found comes back as JSON in a file of the work folder.
#pragma once

#include "workshop/jobs/sandbox.hpp"
#include "workshop/pipeline/slice_log.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_stage_bytes = 4UL * 1024 * 1024; // of what it tells

// Told on stdout for the service: one number from 0 to 1 a line, never less than before.
class progress_line {
public:
    // `done` of the part between `from` and `to` of the whole job.
    void tell(double done, double from, double to);

private:
    int told_ = -1;
};

struct stage {
    std::filesystem::path folder;                // of the attempt: may be read and written
    std::vector<std::filesystem::path> may_read; // files, beside the system's libraries
    job_limits limits;
    // In the process of its own. Steps go to the log, facts are what it gives.
    std::function<slice_result<nlohmann::json>(slice_log&)> work;
};

// The facts; the steps are appended to `log`. 500 if the process dies or cannot be begun. Blocks; call it
// with one thread only.
slice_result<nlohmann::json> run_stage(const stage& what, slice_log& log);

} // namespace layerline::workshop
