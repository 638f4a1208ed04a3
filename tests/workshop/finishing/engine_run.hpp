// The real slicing engine over a mesh, with settings of its own form.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace layerline::tests {

bool engine_is_here(); // says why not

using engine_settings = std::map<std::string, std::string>;

// What goes with finishing_data(): 0.2 mm, 30 mm/s in the first layer, 60 elsewhere, 210 and 205 °C.
engine_settings plain_settings();

// A box of that width and depth from one height to another, and a cone that stands on the bed, as STL; both
// about the same axis, so that one text behind the other is a model of both.
std::string box_stl(double x, double y, double z, double from_z = 0);
std::string cone_stl(double radius, double height);

// The G-code of models that are called layerline-0, layerline-1 ..., beside each other; nothing where the
// engine failed: `said` is what it wrote then.
std::optional<std::string> engine_gcode(const std::vector<std::string>& stls, const engine_settings& settings,
                                        std::string& said);

} // namespace layerline::tests
