// A request to begin an operation, or a chain of several, as JSON: checked against the table. Pure.
#pragma once

#include "workshop/jobs/job.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace layerline::workshop {

inline constexpr std::size_t most_steps = 16, most_callback = 2048; // of a chain; bytes of a URL

// The job as far as the request tells it: operation, parameters, input, steps and callback. The operation is
// one of the table. 13 and the codes of the parameters.
model_result<job_record> parse_operation(std::string_view operation, std::string_view body);

// {"steps":[{"operation":"import","fileId":"f-…"},{"operation":"repair"}…],"callbackUrl":…}. Only the first
// step names its input; each other one works on what the last step before it that made something made.
model_result<job_record> parse_chain(std::string_view body);

} // namespace layerline::workshop
