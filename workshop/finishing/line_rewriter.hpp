// The engine's lines one by one: speeds, amounts of material and superfluous retractions. Follows both what
// the engine believes and what the finished file does, so that each line can be written in the finished
// file's terms.
#pragma once

#include "gcode/line_timer.hpp"
#include "workshop/finishing/extrusion_meter.hpp"
#include "workshop/finishing/finishing_plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

class line_rewriter {
public:
    explicit line_rewriter(const finishing_plan& plan);

    // What holds for the moves that follow.
    void set_layer(std::optional<layer_wish> layer) { layer_ = layer; }
    void set_pace(double factor) { pace_ = factor; }
    void set_model(bool of_model) { of_model_ = of_model; }

    // A move of the engine (G0 to G3) as it is to be written; none: as it stands; empty: not at all.
    std::optional<std::string> move(const gcode::parsed_line& line);
    // Any other line of the engine: its state follows it. It is written as it stands.
    void follow(const gcode::parsed_line& line) { engine_.apply(line); }
    // A line that goes into the finished file, whoever it is from.
    void written(const gcode::parsed_line& line);

    // Retracts what a left-out retraction would have; empty if there is none.
    std::string overdue_retraction();
    // Moves the filament by that much of E's unit, at retraction speed, in the file's own E mode.
    std::string filament_move(double by) const;
    // After lines of the owner: what brings modes, position and feed rate back to `before`.
    std::vector<std::string> back_to(const gcode::modal_state& before) const;

    const gcode::modal_state& engine() const { return engine_; }
    const gcode::line_timer& file() const { return file_; }
    const extrusion_meter& meter() const { return meter_; }
    gcode_dialect dialect() const { return plan_.dialect; }
    double retraction() const { return retraction_; } // in E's unit

private:
    double feed_for(bool prints, bool travels) const; // mm/min

    const finishing_plan& plan_;
    gcode::modal_state engine_;
    gcode::line_timer file_;
    extrusion_meter meter_;
    std::optional<layer_wish> layer_;
    double pace_ = 1;
    bool of_model_ = false; // what is printed
    double retraction_ = 0, least_extrusion_ = 0;
    double since_retraction_ = 1e9; // E printed since the last one
    double left_out_ = 0;           // E that the engine believes to be drawn back
};

} // namespace layerline::workshop
