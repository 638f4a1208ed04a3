// What stands in a finished file beside the engine's moves: the fan, waits between layers and the owner's
// lines, each against what was asked. In bounded memory.
#pragma once

#include "gcode/line.hpp"
#include "workshop/finishing/finishing_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

// The lines from one ;LAYER_CHANGE to the next; those before the first are no layer.
struct ended_layer {
    bool head = false, last = false; // the lines before the first layer; the end of the file follows
    bool whole = true;               // it is small enough that the finisher knew all of it beforehand
    bool model = false;              // something of a model is in it
    std::size_t model_layers = 0;    // so far, with this one
    std::optional<layer_wish> all{}; // what its volumes ask together
};

class extras_check {
public:
    // Both outlive it.
    explicit extras_check(const finishing_plan& plan);

    // A line of the owner's, without its end.
    void owners(std::string_view line);
    // Of a longer line than is read: the layer's own are not compared then.
    void owners_unread() { unread_ = true; }
    // A command of anybody else's. `tool` is the one before it.
    void command(const gcode::parsed_line& line, int tool);
    // What is wrong with the fan while a model is printed in that layer: a sentence, or empty. A fan that
    // depends on a layer's time may be anything between a slow and a quick layer's.
    std::string fan_fault(const layer_wish& layer) const;
    // What is wrong with the layer as a whole.
    std::vector<std::string> layer_ended(const ended_layer& layer);

private:
    std::string wait_fault(const ended_layer& layer) const;
    std::string owners_fault(const ended_layer& layer) const;

    const finishing_plan& plan_;
    std::optional<double> fan_; // duty of 255, as others than the owner set it
    double waited_s_ = 0;
    std::uint64_t digest_; // of the owner's lines in this layer
    std::size_t lines_ = 0;
    std::size_t tool_lines_ = 0, tool_changes_ = 0;
    bool unread_ = false, owners_tool_ = false;
};

} // namespace layerline::workshop
