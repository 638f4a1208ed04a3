// Where each layer of a file begins and ends, and all that is needed to draw one without reading what is
// before it. Made while the file streams by, in memory that grows with the layers alone.
#pragma once

#include "gcode/move_time.hpp"
#include "gcode/toolpath.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace layerline::gcode {

inline constexpr std::size_t max_layers = 20'000; // two metres at 0.1 mm; past them there is no index

struct layer_entry {
    std::uint64_t begin = 0, end = 0; // bytes of the file, whole lines
    double z_mm = 0;                  // of its first extruding move
    double seconds = 0;               // own estimate
    double filament_mm = 0;
    walk_state start; // before its first line
};

struct layer_index {
    std::vector<layer_entry> layers;
    double prelude_seconds = 0;                        // of the moves before the first layer
    double min_x = 0, min_y = 0, max_x = 0, max_y = 0; // of what is extruded, mm; all 0 for nothing
    bool too_many = false;                             // more than max_layers: the rest is left out
};

// Layers by the slicer's comments once it wrote one, until then by the heights at which the file extrudes.
class layer_indexer {
public:
    // Bytes of the file in order, in any slicing.
    void push(std::string_view bytes);
    // The file is over.
    layer_index finish();

private:
    void take_lines();
    void take(const raw_line& line);

    line_splitter splitter_;
    toolpath_walk walk_;
    layer_tracker tracker_;
    move_timer timer_;
    layer_index made_;
    std::uint64_t line_begin_ = 0;
    int layer_ = 0;
    bool z_known_ = false, any_extruded_ = false;
};

} // namespace layerline::gcode
