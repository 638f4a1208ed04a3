// What the lines so far have set: modes, feed rate, position, tool, fan and temperatures, as Marlin keeps
// them. A line is applied, and what it moves comes back.
#pragma once

#include "gcode/line.hpp"

#include <array>
#include <optional>

namespace layerline::gcode {

inline constexpr int max_tools = 16;

// The modes a host must restore after it moved the head by itself.
struct modes {
    bool absolute = true;   // G90/G91
    bool absolute_e = true; // M82/M83; G90 and G91 set it too, as in Marlin
    bool inches = false;    // G20/G21
    double feed_mm_min = 0; // 0: none was given yet
    int tool = 0;
    double fan = 0; // 0..1
    bool operator==(const modes&) const = default;
};

// One move, in mm. Arcs have their length along the arc.
struct move {
    double dx = 0, dy = 0, dz = 0, de = 0;
    double length_mm = 0; // of the path in X, Y and Z
    double feed_mm_s = 0; // 0: unknown
    bool travel = false;  // G0, or nothing is extruded
};

class modal_state {
public:
    modal_state() = default;
    // As it was after some line of a file; targets are unknown again.
    modal_state(const modes& in_force, const std::array<std::optional<double>, 3>& axes, double e)
        : modes_(in_force), axes_(axes), e_(e)
    {
    }

    // Applies one line. Returns what it moves (G0-G3, and G4 as nothing); words out of any sense are ignored.
    std::optional<move> apply(const parsed_line& line);

    const modes& now() const { return modes_; }
    // Position in mm as the file counts it; X Y Z are unknown before the first absolute word or G28.
    std::optional<double> x() const { return axes_[0]; }
    std::optional<double> y() const { return axes_[1]; }
    std::optional<double> z() const { return axes_[2]; }
    double e() const { return e_; }
    const std::array<std::optional<double>, 3>& axes() const { return axes_; }
    // Targets set by M104/M109 (by tool), M140/M190 and M141/M191; unknown before.
    std::optional<double> tool_target(int tool) const;
    std::optional<double> bed_target() const { return bed_; }
    std::optional<double> chamber_target() const { return chamber_; }

private:
    std::optional<move> apply_move(const parsed_line& line);
    void apply_g92(const parsed_line& line);
    void apply_temperature(const parsed_line& line);

    modes modes_;
    std::array<std::optional<double>, 3> axes_;
    double e_ = 0;
    std::array<std::optional<double>, max_tools> tools_;
    std::optional<double> bed_, chamber_;
};

// Seconds of a G4 dwell; 0 for other lines.
double dwell_seconds(const parsed_line& line);

} // namespace layerline::gcode
