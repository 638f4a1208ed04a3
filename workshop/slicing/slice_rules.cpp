#include "workshop/slicing/slice_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace layerline::workshop {

namespace {

using nlohmann::json;
using broken = std::optional<slice_failure>;

slice_failure wrong(std::string field, std::string text, slice_errc code = slice_errc::bad_value)
{
    return {code, std::move(field), std::move(text)};
}

std::string nth(std::string_view list, std::size_t at)
{
    return std::string(list) + "[" + std::to_string(at) + "]";
}

std::string plain(double value)
{
    auto text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

broken contradicting(const json& data)
{
    const auto& fan = data["fan"];
    if (!fan.is_null() && fan["max"] < fan["min"]) return wrong("fan.max", "It is less than fan.min.");
    const auto& movement = data["movement"];
    if (movement["smart"] == true && movement["maximalSeconds"] < movement["minimalSeconds"])
        return wrong("movement.maximalSeconds", "It is less than movement.minimalSeconds.");
    const auto& layers = data["layers"];
    if (layers["spiralize"] == true && data["model"].size() > 1)
        return wrong("layers.spiralize", "One wall that rises all the way is possible with a single model.");
    return std::nullopt;
}

broken regions_that_collide(const json& regions)
{
    for (std::size_t at = 0; at < regions.size(); ++at) {
        const double from = regions[at]["startHeight"], to = regions[at]["endHeight"];
        if (to != 0 && to <= from)
            return wrong(nth("regionSettings", at) + ".endHeight", "It is not above startHeight.");
        for (std::size_t other = 0; other < at; ++other) {
            if (regions[at]["id"] != regions[other]["id"]) continue;
            const double begins = regions[other]["startHeight"], ends = regions[other]["endHeight"];
            // One without an end reaches to the next that begins above it.
            const bool apart = from == begins  ? false
                               : from > begins ? ends == 0 || ends <= from
                                               : to == 0 || to <= begins;
            if (!apart)
                return wrong(nth("regionSettings", at), "It covers a part of " +
                                                            nth("regionSettings", other) +
                                                            ", which has the same id.");
        }
    }
    return std::nullopt;
}

broken sets_that_do_not_exist(const json& data)
{
    const auto& models = data["model"];
    for (std::size_t at = 0; at < models.size(); ++at) {
        const auto& wanted = models[at]["settings"];
        if (wanted == 0) continue;
        const auto& regions = data["regionSettings"];
        if (std::none_of(regions.begin(), regions.end(),
                         [&](const json& one) { return one["id"] == wanted; }))
            return wrong(nth("model", at) + ".settings", "There are no region settings with this id.");
    }
    return std::nullopt;
}

// Calls each(path, index) for every extruder that is named; -1 names none.
template <class Each>
broken each_extruder(const json& data, Each&& each)
{
    for (const std::string_view list : {"model", "regionSettings"}) {
        const auto& all = data[std::string(list)];
        for (std::size_t at = 0; at < all.size(); ++at)
            if (auto why = each(nth(list, at), all[at]["extruder"].template get<int>())) return why;
    }
    for (const std::string_view section : {"raft", "support", "skirt", "brim"})
        if (const auto& one = data[std::string(section)]; one.is_object())
            if (auto why = each(std::string(section), one["extruder"].template get<int>())) return why;
    return std::nullopt;
}

broken undefined_extruder(const json& data)
{
    const auto count = static_cast<int>(data["extruders"].size());
    return each_extruder(data, [count](const std::string& path, int index) -> broken {
        if (index < count) return std::nullopt;
        return wrong(path + ".extruder",
                     "Extruder " + std::to_string(index) + " is not defined; there " +
                         (count == 1 ? "is 1." : "are " + std::to_string(count) + "."),
                     slice_errc::no_such_extruder);
    });
}

// A nozzle presses lines from half to three times its size, and none higher than it is wide.
broken impossible_line(const json& data)
{
    double least = 1e9, most = 0;
    for (const auto& one : data["extruders"]) {
        least = std::min(least, one["nozzleSize"].get<double>());
        most = std::max(most, one["nozzleSize"].get<double>());
    }
    const auto too_high = [&](const std::string& field, double height) -> broken {
        if (height <= least) return std::nullopt;
        return wrong(field,
                     "A layer of " + plain(height) + " micron is higher than a nozzle of " + plain(least) +
                         " micron is wide.",
                     slice_errc::wall_and_nozzle);
    };
    const auto too_wide = [&](const std::string& field, double width) -> broken {
        if (width >= most / 2 && width <= 3 * least) return std::nullopt;
        return wrong(field,
                     "A line of " + plain(width) + " micron is not possible with a nozzle of " +
                         plain(width < most / 2 ? most : least) + " micron.",
                     slice_errc::wall_and_nozzle);
    };
    for (const std::string_view section : {"layers", "bottom", "top"})
        if (auto why = too_high(std::string(section) + ".layerHeight",
                                data[std::string(section)]["layerHeight"].get<double>()))
            return why;
    const auto& regions = data["regionSettings"];
    for (std::size_t at = 0; at < regions.size(); ++at)
        if (auto why = too_high(nth("regionSettings", at) + ".layerHeight",
                                regions[at]["layerHeight"].get<double>()))
            return why;
    for (const auto& one : data["extruders"]) {
        const double factor = data["bottom"]["firstLayersWidthFactor"].get<double>() / 100;
        if (factor < 0.5 || factor > 3)
            return too_wide("bottom.firstLayersWidthFactor", factor * one["nozzleSize"].get<double>());
    }
    const auto& raft = data["raft"];
    if (raft.is_null() || raft["baseThickness"] == 0 || raft["interfaceThickness"] == 0) return std::nullopt;
    for (const char* field : {"baseLineWidth", "interfaceLineWidth", "surfaceLineWidth"})
        if (auto why = too_wide("raft." + std::string(field), raft[field].get<double>())) return why;
    return std::nullopt;
}

} // namespace

broken broken_rule(const json& data)
{
    if (auto why = contradicting(data)) return why;
    if (auto why = regions_that_collide(data["regionSettings"])) return why;
    if (auto why = sets_that_do_not_exist(data)) return why;
    if (auto why = undefined_extruder(data)) return why;
    return impossible_line(data);
}

} // namespace layerline::workshop
