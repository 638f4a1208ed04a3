// What slicers write into comments: layer changes while streaming, and a few facts of the whole file that
// stand in its head or tail.
#pragma once

#include "gcode/line.hpp"
#include "gcode/modal_state.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace layerline::gcode {

// Follows the layer: by comments (;LAYER_CHANGE, ;LAYER:n, ;BEFORE_LAYER_CHANGE is not one) once one was
// seen, until then by Z of extruding moves.
class layer_tracker {
public:
    layer_tracker() = default;
    // As it was after some line of a file.
    layer_tracker(std::optional<int> layer, std::optional<double> z_mm, bool by_comments)
        : layer_(layer), last_z_(z_mm), by_comments_(by_comments)
    {
    }
    void on_comment(std::string_view comment);
    void on_move(const move& moved, std::optional<double> z_mm);
    // 1 is the first layer; none before it.
    std::optional<int> layer() const { return layer_; }
    bool by_comments() const { return by_comments_; } // the slicer marks its layers

private:
    std::optional<int> layer_;
    std::optional<double> last_z_;
    bool by_comments_ = false;
};

struct file_facts {
    std::string slicer; // at most 80 characters
    std::optional<double> seconds;
    std::optional<int> layers;
    bool one_by_one = false; // complete objects in turn: the head must not cross the bed
};

// Reads the facts from a piece of a file (its first or last 64 KiB, say); half lines at its ends do no harm.
// Facts already known are kept unless this piece says otherwise.
void read_facts(std::string_view piece, file_facts& into);

// "1d 2h 3m 4s", in seconds.
std::optional<double> parse_duration(std::string_view text);

} // namespace layerline::gcode
