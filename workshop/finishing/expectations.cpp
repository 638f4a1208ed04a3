#include "workshop/finishing/expectations.hpp"

#include <algorithm>

namespace layerline::workshop {

namespace {

double number(const nlohmann::json& section, const char* field)
{
    return section.is_object() ? section[field].get<double>() : 0;
}

} // namespace

expectations expect(const nlohmann::json& data, finishing_plan plan, std::vector<box_mm> boxes,
                    std::map<std::string, std::string> settings)
{
    expectations wanted;
    wanted.plan = std::move(plan);
    wanted.data = data;
    wanted.x_mm = number(data["bed"], "xLength") / 1000;
    wanted.y_mm = number(data["bed"], "yLength") / 1000;
    wanted.z_mm = number(data["bed"], "zLength") / 1000;
    wanted.volumes = std::move(boxes);
    wanted.settings = std::move(settings);
    return wanted;
}

double fastest_model_mm_s(const expectations& wanted, std::size_t volume, const layer_wish& layer)
{
    const auto& data = wanted.data;
    const double paced = wanted.plan.pace ? std::max(1.0, wanted.plan.pace->most_factor) : 1;
    if (layer.bottom) return number(data["bottom"], "speed") * paced;
    const auto& movement = data["movement"];
    double fastest = 0;
    const nlohmann::json* own = nullptr;
    if (volume < wanted.plan.volumes.size()) {
        const auto& regions = wanted.plan.volumes[volume].regions.regions;
        if (layer.region < regions.size() && regions[layer.region].kind == region_kind::user &&
            regions[layer.region].settings < wanted.plan.regions.size())
            own = &wanted.plan.regions[regions[layer.region].settings];
    }
    for (const char* field : {"printSpeed", "innerWallSpeed", "outerWallSpeed", "infillSpeed"}) {
        const double here = own != nullptr ? number(*own, field) : 0;
        fastest = std::max(fastest, here > 0 ? here : number(movement, field));
    }
    if (const auto skin = data.find("skin"); skin != data.end() && skin->is_object())
        fastest = std::max({fastest, number(*skin, "upSkinSpeed"), number(*skin, "downSkinSpeed")});
    return fastest * paced;
}

double fastest_other_mm_s(const expectations& wanted)
{
    return wanted.plan.other_mm_s * (wanted.plan.pace ? std::max(1.0, wanted.plan.pace->most_factor) : 1);
}

} // namespace layerline::workshop
