// What a finished file has to be like, from the request alone. Pure.
#pragma once

#include "workshop/finishing/finishing_plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace layerline::workshop {

struct box_mm {
    double min_x = 0, min_y = 0, min_z = 0, max_x = 0, max_y = 0, max_z = 0;
};

struct expectations {
    finishing_plan plan;
    nlohmann::json data;                 // slice_request::data
    double x_mm = 0, y_mm = 0, z_mm = 0; // of the room above the bed
    std::vector<box_mm> volumes; // where the models stand on the bed, by the index in `model`; may be empty
    // The uppermost layer of each that is wide enough to be printed, from 1; empty: all that are planned are.
    std::vector<std::size_t> wide_layers = {};
    std::map<std::string, std::string> settings; // key to value, as the engine has to report them
};

// `boxes` are on the bed, from its corner; empty: where models stand is not looked at.
expectations expect(const nlohmann::json& data, finishing_plan plan, std::vector<box_mm> boxes,
                    std::map<std::string, std::string> settings);

// The fastest that a move which prints a model (anything else) may be in that layer, mm/s.
double fastest_model_mm_s(const expectations& wanted, std::size_t volume, const layer_wish& layer);
double fastest_other_mm_s(const expectations& wanted);

} // namespace layerline::workshop
