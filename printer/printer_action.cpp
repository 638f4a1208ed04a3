// The actions' names.
#include "printer/printer_action.hpp"

#include <array>

namespace layerline::printer {

namespace {

// In the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<action>> names{
    "start",     "pause",          "resume",         "cancel",       "home",      "set_temperature",
    "bed_clear", "emergency_stop", "move_axis",      "extrude",      "set_fan",   "set_speed",
    "set_flow",  "babystep",       "release_motors", "level_bed",    "set_light", "set_power",
    "run_gcode", "run_macro",      "exclude_object", "answer_prompt"};
static_assert(!names.back().empty());

} // namespace

std::string_view name_of(const action& what)
{
    return names[what.index()];
}

} // namespace layerline::printer
