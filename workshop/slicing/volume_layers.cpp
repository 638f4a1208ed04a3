#include "workshop/slicing/volume_layers.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

micron whole(const nlohmann::json& value)
{
    return static_cast<micron>(std::llround(value.get<double>()));
}

} // namespace

volume_wish wish_of_volume(const nlohmann::json& data, std::size_t volume, micron height)
{
    const auto& model = data["model"][volume];
    const micron finish = whole(model["finish"]);
    volume_wish wish;
    wish.height = finish > 0 ? std::min(height, finish) : height;
    wish.layer_height = whole(data["layers"]["layerHeight"]);
    wish.bottom_height = whole(data["bottom"]["layerHeight"]);
    wish.bottom_layers = data["bottom"]["numberOfLayers"].get<std::size_t>();
    wish.top_height = whole(data["top"]["layerHeight"]);
    wish.top_layers = data["top"]["numberOfLayers"].get<std::size_t>();
    const auto& regions = data["regionSettings"];
    for (std::size_t at = 0; at < regions.size(); ++at)
        if (regions[at]["id"] == model["settings"])
            wish.regions.push_back({whole(regions[at]["startHeight"]), whole(regions[at]["endHeight"]),
                                    whole(regions[at]["layerHeight"]), at});
    return wish;
}

} // namespace layerline::workshop
