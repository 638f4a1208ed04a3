// SVG mode: the volumes' outlines, one drawing a layer, as files of a folder or as one archive.
#pragma once

#include "workshop/pipeline/slice_log.hpp"
#include "workshop/slicing/placement.hpp"

#include <filesystem>
#include <functional>
#include <span>

namespace layerline::workshop {

// All layers have the height of `layers`: an SVG knows nothing of regions. Drawn at the middle of each;
// volumes that overlap are one. `folder`: files layer_00001.svg…; `archive`: a ZIP of them; either may be
// empty. The facts: "layers", "layerHeight" (micron). 400 for more than most_svg_layers, 500 where the disk
// does not take them. Each file is on the disk for good when this returns.
slice_result<nlohmann::json> write_svg_layers(std::span<const placed_volume> volumes,
                                              const nlohmann::json& data, const std::filesystem::path& folder,
                                              const std::filesystem::path& archive, slice_log& log,
                                              const std::function<void(double)>& progress);

} // namespace layerline::workshop
