// What the service and a job's process say to each other: the task on the process' stdin, progress on its
// stdout (one number from 0 to 1 a line), the answer in a file. Both ways JSON; the answer comes from a
// process that has read a stranger's file, and is read as such.
#pragma once

#include "workshop/jobs/sandbox.hpp"
#include "workshop/models/model_error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

struct job_task {
    std::string operation;
    std::string parameters; // JSON object
    std::filesystem::path source;
    bool result = false;          // the source is an earlier result
    std::filesystem::path folder; // of this attempt: gets "output" and "answer.json"
    std::size_t most_source_bytes = 0;
    job_limits limits;
};

inline constexpr std::size_t most_answer_bytes = 256UL * 1024;

std::string to_text(const job_task& task);
// Nothing if it is not one.
std::optional<job_task> parse_task(std::string_view text);

// The result's fields (JSON object), or the failure.
std::string answer_text(const model_result<std::string>& answer);
// Nothing if it is none.
std::optional<model_result<std::string>> parse_answer(std::string_view text);

// The newest whole line of `said` that is a number from 0 to 1, if there is one.
std::optional<double> last_progress(std::string_view said);

inline std::filesystem::path output_in(const std::filesystem::path& folder)
{
    return folder / "output";
}
inline std::filesystem::path answer_in(const std::filesystem::path& folder)
{
    return folder / "answer.json";
}

} // namespace layerline::workshop
