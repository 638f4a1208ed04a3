// What the engine reads: one 3MF with the models where they stand, their extruders and layer ranges, and its
// settings as text. Pure. Facts of the format: objects are counted from 1; the engine takes the parts of its
// own only from a file that names its version.
#pragma once

#include "workshop/engine/engine_plan.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// The archive goes to `take` piece by piece; false if that says so, or past 4 GB.
bool write_engine_project(const engine_plan& plan, std::span<const placed_volume> volumes,
                          const std::function<bool(std::string_view)>& take);

// "key = value" lines, as the engine loads them.
std::string settings_text(const engine_settings& settings);

} // namespace layerline::workshop
