// Follows a file's moves in the plane of the bed: where each goes, what it makes, and to which layer it
// belongs. Pure; lines in, steps out. The layer's index and its drawing are made of the same steps, so that
// they agree.
#pragma once

#include "gcode/line_splitter.hpp"
#include "gcode/metadata.hpp"
#include "gcode/modal_state.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace layerline::gcode {

// What a move makes, by the slicer's ;TYPE: comments. The numbers are on the wire: they only grow.
enum class path_kind : std::uint8_t {
    travel = 0,
    unknown = 1, // extrudes; the slicer did not say what
    outer_wall = 2,
    inner_wall = 3,
    infill = 4,
    solid = 5,  // bottom, top and solid infill
    bridge = 6, // bridges and overhangs
    support = 7,
    skirt = 8, // skirt, brim, raft, prime tower
};
std::string_view name_of(path_kind kind); // "outer_wall"; lives for ever
// Of what follows ";TYPE:", as PrusaSlicer, SuperSlicer, OrcaSlicer, Cura and Simplify3D write it.
path_kind kind_of_type(std::string_view type);

struct point_mm {
    double x = 0, y = 0;
};

// One move that changes X or Y, or extrudes.
struct path_step {
    path_kind kind = path_kind::travel;
    point_mm from, to;
    double filament_mm = 0; // negative: pulled back
    bool arc = false;       // then about `centre`, and the other way round with `clockwise`
    bool clockwise = false;
    point_mm centre;
    double length_mm = 0;
    move whole;
};

// All that a walk needs to begin in the middle of a file.
struct walk_state {
    modal_state modal;
    path_kind kind = path_kind::unknown; // of the next extruding move
    double width_mm = 0;                 // ;WIDTH:, 0 unknown
};

class toolpath_walk {
public:
    toolpath_walk() = default;
    explicit toolpath_walk(walk_state from) : at_(from) {}

    // Takes one line without its end. The step, if the line moves anything in the plane or extrudes; until
    // the first place is known nothing does.
    std::optional<path_step> take(std::string_view line);
    const walk_state& state() const { return at_; }
    // The comment of the line just taken; it points into that line.
    std::string_view comment() const { return comment_; }

private:
    void on_comment(std::string_view comment);

    walk_state at_;
    std::string_view comment_;
};

} // namespace layerline::gcode
