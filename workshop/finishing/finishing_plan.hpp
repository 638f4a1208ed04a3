// What is done to the engine's G-code, as far as the request tells it: what the engine itself cannot do.
// Pure.
#pragma once

#include "workshop/slicing/region_plan.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

struct volume_plan {
    region_plan regions;
    micron base = 0; // of its first layer's lower side, above the bed or the raft
};

// One layer of one volume, or what all volumes ask of a height together.
struct layer_wish {
    std::size_t number = 0; // from 1, of the volume's layers
    micron height = 0;
    bool bottom = false, top = false;
    std::size_t region = 0;              // of the volume's plan
    std::optional<double> fan_percent{}; // its region's own
    double wait_s = 0;                   // after it
};

struct fan_rule {
    double least = 35, most = 90; // percent
    std::size_t full_layer = 10;
    bool smart = false;
    double factor = 20, quick_s = 42;
};

// Layers whose time is outside of these are printed slower or faster, within the factors.
struct pace_rule {
    double least_factor = 0.6, most_factor = 1; // of the speed
    double least_s = 20, most_s = 25;
};

struct heat_wish {
    double bottom_c = 0, later_c = 0; // 0: not set
};

enum class gcode_dialect : std::uint8_t { reprap, makerbot, mach3, linuxcnc };

using code_lines_list = std::vector<std::string>;

struct finishing_plan {
    std::vector<volume_plan> volumes; // by the index in `model`
    nlohmann::json regions;           // the request's regionSettings
    gcode_dialect dialect = gcode_dialect::reprap;
    bool raft = false, spiral = false, one_by_one = false;
    std::optional<fan_rule> fan; // none: it stays off
    double raft_fan_percent = 0;
    double bottom_mm_s = 30;        // speeds rise from here …
    std::size_t speedup_layers = 1; // … over so many layers; 1: at once
    std::optional<pace_rule> pace;
    double bottom_amount = 1; // of the material in the bottom layers
    double bottom_wait_s = 0, layer_wait_s = 0;
    double retraction_mm = 0, retraction_mm_s = 20, z_hop_mm = 0;
    double least_extrusion_mm = 0; // a retraction with less than this since the last one is left out
    double travel_mm_s = 80, room_z_mm = 200;
    double other_mm_s = 60; // the fastest of what prints no model: skirt, raft, support, tower
    std::vector<heat_wish> tools;
    heat_wish bed;
    std::vector<double> filament_mm; // its diameter, by tool
    bool cubic_e = false;            // E counts mm³
    code_lines_list start, end, each_layer, repeated, before_tool, after_tool;
    std::size_t repeat_every = 0; // layers; 0: never
};

// `data` is slice_request::data; `volumes` are in the order of data.model. Flavours that no engine here
// writes (ULTIGCODE, BFB) and lines with a line end or NUL are 400.
slice_result<finishing_plan> plan_finishing(const nlohmann::json& data, std::vector<volume_plan> volumes);

// The layer of that volume whose upper side is at `top` above the raft; none if it has no such layer.
std::optional<layer_wish> layer_at(const finishing_plan& plan, std::size_t volume, micron top);
// What both layers ask for: bottom if one of them says so, the longest wait, the fastest fan,
// the lowest number.
std::optional<layer_wish> both(std::optional<layer_wish> one, const std::optional<layer_wish>& other);
// Of all volumes with a layer there.
std::optional<layer_wish> layer_at(const finishing_plan& plan, micron top);

// Percent of the fan in that layer. `seconds` is what the layer takes; none if that is not known: it is slow.
double fan_percent(const finishing_plan& plan, const layer_wish& layer, std::optional<double> seconds);
// The speed that a move of `mm_s` gets in that layer: on the straight way from the bottom's speed to its own.
double sped_up(const finishing_plan& plan, const layer_wish& layer, double mm_s);
// By what the speed of a layer is multiplied; `extruding_s` of its `seconds` are moves that print.
double pace_factor(const pace_rule& rule, double extruding_s, double seconds);

// "layerline-3" is 3: what the engine's models are called, and its comments name.
std::string volume_name(std::size_t volume);
// Of "; printing object layerline-3 id:0 copy 0", without its semicolon; none for anything else.
std::optional<std::size_t> volume_of_label(std::string_view comment);

} // namespace layerline::workshop
