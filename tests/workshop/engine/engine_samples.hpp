// Requests with all that an engine can be asked for, and their plans.
#pragma once

#include "tests/workshop/shapes.hpp"
#include "tests/workshop/slice_samples.hpp"
#include "workshop/engine/engine_plan.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <string>
#include <utility>
#include <vector>

namespace layerline::tests {

// Two models, two extruders, a region, and every section on.
inline nlohmann::json full_slice_data()
{
    using nlohmann::json;
    auto data = good_slice_data();
    data["model"] = json::array({{{"hash", "a"}, {"settings", 1}, {"position", {{"x", -30000}}}},
                                 {{"hash", "b"}, {"position", {{"x", 30000}}}}});
    data["extruders"] = json::array({{{"temperature", 205}}, {{"temperature", 200}}});
    data["regionSettings"] = json::array({{{"id", 1},
                                           {"startHeight", 2000},
                                           {"endHeight", 4000},
                                           {"layerHeight", 200},
                                           {"infillAmount", 30},
                                           {"infillPattern", "INFILL_LINES"},
                                           {"extruder", 0}}});
    data["multiExtrusion"] = json::object();
    data["support"] = {{"supportPlatform", true}};
    for (const char* section : {"brim", "skin", "absSupport"})
        data[section] = json::object();
    return data;
}

struct planned_request {
    nlohmann::json data;
    std::vector<workshop::placed_volume> volumes;
};

// The request with its models' layers: boxes of 20 x 20 x 8 mm.
inline workshop::slice_result<planned_request> plan_request(const nlohmann::json& sent)
{
    auto read = workshop::read_slice_request(slice_text(sent));
    if (read.has_error()) return read.error();
    std::vector<workshop::mesh> models;
    for (std::size_t index = 0; index < read->data["model"].size(); ++index) {
        auto model = workshop::placed(workshop::shapes::box(20, 20, 8), read->data, index);
        if (model.has_error()) return model.error();
        models.push_back(*std::move(model));
    }
    auto volumes = workshop::planned(std::move(models), read->data);
    if (volumes.has_error()) return volumes.error();
    return planned_request{std::move(read->data), *std::move(volumes)};
}

inline workshop::slice_result<workshop::engine_plan> engine_plan_of(const nlohmann::json& sent)
{
    const auto all = plan_request(sent);
    if (all.has_error()) return all.error();
    return workshop::plan_engine(all->data, all->volumes);
}

} // namespace layerline::tests
