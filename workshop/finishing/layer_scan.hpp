// Looks through one layer before it is written: what it prints, and how long it takes. Pure.
#pragma once

#include "gcode/modal_state.hpp"
#include "workshop/finishing/finishing_plan.hpp"
#include "workshop/finishing/held_layer.hpp"

#include <set>
#include <string_view>

namespace layerline::workshop {

struct layer_facts {
    std::optional<micron> z;             // by its ;Z: comment
    bool model = false;                  // prints something of a model
    std::set<std::size_t> volumes;       // of the models that its labels name
    double seconds = 0, extruding_s = 0; // with the speeds of `sped_up`
};

// Whether ";TYPE:…" (without its semicolon) begins something of a model: no skirt, brim, raft, support or
// tower.
bool begins_model(std::string_view comment);
bool begins_other(std::string_view comment);

// The micron of a comment "Z:0.25"; none for anything else, or for what is out of any sense.
std::optional<micron> z_of_comment(std::string_view comment);

// `lines` are a layer's, from ;LAYER_CHANGE on; `before` is the engine's state there. `raft_top` is what its
// heights are counted from: none while only raft was printed.
// `of_model`: what the last ;TYPE: before them began, since a type holds on until another is told.
layer_facts scan_layer(const finishing_plan& plan, held_layer& lines, gcode::modal_state before,
                       std::optional<micron> raft_top, bool of_model);

// Which layer of the model the height is, and where the raft ends, once a layer prints something of a model.
std::optional<micron> raft_top_of(const finishing_plan& plan, const layer_facts& facts);

} // namespace layerline::workshop
