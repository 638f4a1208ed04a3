// What a slice's result looks like, layer by layer, read from the result itself. Blocking calls, for a disk
// thread.
#pragma once

#include "gcode/layer_index.hpp"
#include "workshop/slicing/slice_error.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace layerline::workshop {

// The layers of a G-code file; nothing where it cannot be read.
std::shared_ptr<const gcode::layer_index> index_layers(const std::filesystem::path& file);
// Columns, a place in each for each layer: "zMm", "seconds", "filamentMm"; "layers", "minXMm"…
nlohmann::json layers_json(const gcode::layer_index& index);
// One layer, drawn as gcode/layer_paths.hpp has it; "" where the file cannot be read or the drawing would be
// too large.
std::string painted_layer(const std::filesystem::path& file, const gcode::layer_entry& layer);
// A drawing of SVG mode, counted from 0; "" where there is none.
std::string drawn_layer(const std::filesystem::path& archive, std::size_t index);

} // namespace layerline::workshop
