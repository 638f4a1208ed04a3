// The first part of a slice job: its models read, repaired where that is needed, put on the bed and their
// layers planned. Runs in a process of its own.
#pragma once

#include "workshop/pipeline/slice_log.hpp"
#include "workshop/pipeline/slice_task.hpp"
#include "workshop/slicing/placement.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace layerline::workshop {

// 601 for a model that is not there or is none, 602, 510, 511 and 400 as the placement gives them. What was
// repaired, and what of a region was trimmed, is noted. `progress` from 0 to 1.
slice_result<std::vector<placed_volume>> read_volumes(const slice_task& task, std::size_t most_bytes,
                                                      slice_log& log,
                                                      const std::function<void(double)>& progress);

} // namespace layerline::workshop
