// A slice request as PrusaSlicer's settings: what the engine is to do, with nothing left to its defaults that
// changes what is printed. Pure. Keys and their meaning are those of PrusaSlicer 2.5.
#pragma once

#include "workshop/slicing/placement.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace layerline::workshop {

using engine_settings = std::map<std::string, std::string>;

// Other settings between two heights of a volume, mm above the bed.
struct engine_range {
    double from_mm = 0, to_mm = 0;
    engine_settings settings;
};

struct engine_volume {
    std::string name; // "layerline-0": the G-code's comments tell it
    std::size_t extruder = 0;
    std::vector<engine_range> ranges; // from the bed upwards, without gaps
};

struct engine_plan {
    engine_settings settings;
    std::vector<engine_volume> volumes;
    std::vector<std::string> notes; // what is done in another way than asked, in sentences
};

// Lines of their own in the engine's G-code, for the owner's code: it never passes through the engine's
// macros.
inline constexpr const char *start_mark = ";LAYERLINE:START", *end_mark = ";LAYERLINE:END",
                            *before_tool_mark = ";LAYERLINE:BEFORE_TOOL",
                            *after_tool_mark = ";LAYERLINE:AFTER_TOOL";

// `data` is slice_request::data, the volumes are in the order of its models. 400 with the field's path for
// what neither the engine nor the finishing of its G-code can do.
slice_result<engine_plan> plan_engine(const nlohmann::json& data, std::span<const placed_volume> volumes);

} // namespace layerline::workshop
