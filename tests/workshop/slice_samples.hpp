// Slice requests for tests.
#pragma once

#include <nlohmann/json.hpp>

namespace layerline::tests {

// One model, one extruder, defaults everywhere.
inline nlohmann::json good_slice_data()
{
    using nlohmann::json;
    json data{{"version", "1.0.6"},
              {"model", json::array({{{"hash", "f-aaaa"}}})},
              {"regionSettings", json::array()},
              {"extruders", json::array({json::object()})}};
    for (const char* section : {"fan", "bed", "raft", "infill", "support", "skirt", "movement", "bottom",
                                "top", "retraction", "layers", "gcode"})
        data[section] = json::object();
    return data;
}

inline std::string slice_text(const nlohmann::json& data)
{
    return nlohmann::json{{"type", "slice"}, {"data", data}}.dump();
}

} // namespace layerline::tests
