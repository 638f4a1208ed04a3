// The engine's settings of one region of a volume. Pure.
#pragma once

#include "workshop/engine/engine_plan.hpp"

namespace layerline::workshop {

// As short as the engine writes them: "0.2", "60".
std::string engine_number(double value);
// Of micron, in mm.
std::string engine_mm(double length);

// What holds where no region says otherwise.
engine_settings plain_range(const nlohmann::json& data);
// Of a region, whole: layer height, speeds, filling, widths, extruder (from 0 in, from 1 in the engine).
engine_settings range_settings(const nlohmann::json& data, const planned_region& region,
                               std::size_t extruder);

} // namespace layerline::workshop
