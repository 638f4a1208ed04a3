// One layer as compact polylines, to be drawn.
//
// All numbers are little-endian or varints (7 bits a byte, lowest first, the highest bit says that more
// follow); "zigzag" maps 0, -1, 1, -2 … to 0, 1, 2, 3 … first.
//
//   header   "LLP1"                                            4 bytes
//   paths    kind (path_kind) 1 byte, tool 1 byte,
//            width in µm as a varint (0 unknown),
//            number of points as a varint, at least 2,
//            each point as two zigzag varints: X and Y in 10 µm, as differences from the point before it; the
//            first point of the first path from 0, 0, that of another from the last point of the path before
//            it
//
// A path is a run of moves of one kind, tool and width without a gap. Arcs are chords that stray at most 50
// µm.
#pragma once

#include "gcode/line_splitter.hpp"
#include "gcode/toolpath.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::gcode {

inline constexpr std::size_t max_layer_bytes = std::size_t{16} << 20U; // of one layer's drawing

class layer_painter {
public:
    // From the state that the layer's entry holds.
    explicit layer_painter(walk_state from) : walk_(from) {}
    // The layer's own bytes, in order, in any slicing. False when the drawing would be larger than
    // max_layer_bytes: nothing more is taken then.
    bool push(std::string_view bytes);
    std::string finish();

private:
    bool take_lines();
    void add(const path_step& step);
    void add_point(point_mm at);
    void end_path();
    void put_varint(std::uint64_t value);

    line_splitter splitter_;
    toolpath_walk walk_;
    std::string out_{"LLP1"};
    path_kind kind_ = path_kind::travel;
    int tool_ = 0;
    double width_mm_ = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> points_; // of the path under way, in 10 µm
    std::int64_t last_x_ = 0, last_y_ = 0;                      // as written
};

} // namespace layerline::gcode
