#include "workshop/finishing/finishing_plan.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr double mm = 1e-3; // of a micron

double number(const json& section, const char* field)
{
    return section.is_object() ? section[field].get<double>() : 0;
}

std::size_t count(const json& section, const char* field)
{
    return static_cast<std::size_t>(std::max(0.0, number(section, field)));
}

slice_failure refused(std::string field, std::string text)
{
    return {slice_errc::bad_value, std::move(field), std::move(text)};
}

slice_result<gcode_dialect> dialect_of(const json& gcode)
{
    const auto flavour = gcode["gcodeFlavour"].get<std::string>();
    if (flavour == "GCODE_FLAVOR_ULTIGCODE" || flavour == "GCODE_FLAVOR_BFB")
        return refused("gcode.gcodeFlavour", "The slicing engine does not write " + flavour + ".");
    if (flavour == "GCODE_FLAVOR_MAKERBOT") return gcode_dialect::makerbot;
    if (flavour == "GCODE_FLAVOR_MACH3") return gcode_dialect::mach3;
    if (flavour == "GCODE_FLAVOR_LINUXCNC") return gcode_dialect::linuxcnc;
    return gcode_dialect::reprap;
}

// The owner's lines, word for word.
slice_result<code_lines_list> code_of(const json& section, const char* section_name, const char* field)
{
    code_lines_list all;
    if (!section.is_object()) return all;
    for (const auto& one : section[field]) {
        auto text = one.get<std::string>();
        if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
            return refused(std::string(section_name) + "." + field, "A line holds a line end or NUL.");
        all.push_back(std::move(text));
    }
    return all;
}

heat_wish heat(const json& of)
{
    const double later = number(of, "temperature"), bottom = number(of, "firstLayersTemperature");
    return {bottom > 0 ? bottom : later, later};
}

slice_result<void> add_code(const json& data, finishing_plan& plan)
{
    struct row {
        const char *section, *field;
        code_lines_list finishing_plan::*into;
    };
    constexpr std::array rows{row{"gcode", "startGcode", &finishing_plan::start},
                              row{"gcode", "endGcode", &finishing_plan::end},
                              row{"gcode", "changeLayerGcode", &finishing_plan::each_layer},
                              row{"gcode", "customGcode", &finishing_plan::repeated},
                              row{"multiExtrusion", "preSwitchCode", &finishing_plan::before_tool},
                              row{"multiExtrusion", "postSwitchCode", &finishing_plan::after_tool}};
    for (const auto& one : rows) {
        const auto section = data.find(one.section);
        if (section == data.end()) continue;
        auto lines = code_of(*section, one.section, one.field);
        if (lines.has_error()) return lines.error();
        plan.*one.into = std::move(*lines);
    }
    plan.repeat_every = count(data["gcode"], "repeatEvery");
    return {};
}

std::optional<fan_rule> fan_of(const json& fan)
{
    if (!fan.is_object()) return std::nullopt;
    return fan_rule{number(fan, "min"),       number(fan, "max"),    count(fan, "fullSpeedLayer"),
                    fan["smart"].get<bool>(), number(fan, "factor"), number(fan, "minimalSeconds")};
}

std::optional<pace_rule> pace_of(const json& movement)
{
    if (!movement["smart"].get<bool>()) return std::nullopt;
    return pace_rule{number(movement, "minFactor") / 100, 1 + number(movement, "maxFactor") / 100,
                     number(movement, "minimalSeconds"), number(movement, "maximalSeconds")};
}

} // namespace

slice_result<finishing_plan> plan_finishing(const json& data, std::vector<volume_plan> volumes)
{
    finishing_plan plan;
    const auto dialect = dialect_of(data["gcode"]);
    if (dialect.has_error()) return dialect.error();
    plan.dialect = *dialect;
    plan.cubic_e = data["gcode"]["gcodeFlavour"] == "GCODE_FLAVOR_REPRAP_VOLUMATRIC";
    if (const auto added = add_code(data, plan); added.has_error()) return added.error();
    plan.volumes = std::move(volumes);
    plan.regions = data["regionSettings"];
    const auto& raft = data["raft"];
    plan.raft =
        raft.is_object() && number(raft, "baseThickness") > 0 && number(raft, "interfaceThickness") > 0;
    plan.raft_fan_percent = number(raft, "fanSpeed");
    const auto& layers = data["layers"];
    plan.spiral = layers["spiralize"].get<bool>();
    plan.one_by_one = layers["sequentialMode"].get<bool>();
    plan.layer_wait_s = number(layers, "layerCoolingTime");
    plan.bottom_amount = number(layers, "firstLayersAmount") / 100;
    plan.bottom_wait_s = number(data["bottom"], "layerDelay");
    plan.bottom_mm_s = plan.other_mm_s = number(data["bottom"], "speed");
    plan.fan = fan_of(data["fan"]);
    const auto& movement = data["movement"];
    plan.speedup_layers = count(movement, "speedupLayers");
    plan.travel_mm_s = number(movement, "travelSpeed");
    plan.pace = pace_of(movement);
    for (const char* field : {"printSpeed", "innerWallSpeed", "outerWallSpeed", "infillSpeed"})
        plan.other_mm_s = std::max(plan.other_mm_s, number(movement, field));
    if (plan.raft)
        plan.other_mm_s =
            std::max({plan.other_mm_s, number(raft, "baseSpeed"), number(raft, "surfaceSpeed")});
    const auto& retraction = data["retraction"];
    plan.retraction_mm = number(retraction, "amount") * mm;
    if (retraction.is_object()) plan.retraction_mm_s = number(retraction, "speed");
    plan.z_hop_mm = number(retraction, "zHop") * mm;
    plan.least_extrusion_mm = number(retraction, "minimalExtrusionBeforeRetraction") * mm;
    plan.room_z_mm = number(data["bed"], "zLength") * mm;
    for (const auto& one : data["extruders"]) {
        plan.tools.push_back(heat(one));
        plan.filament_mm.push_back(number(one, "filamentDiameter") * mm);
    }
    plan.bed = heat(data["bed"]);
    return plan;
}

std::optional<layer_wish> layer_at(const finishing_plan& plan, std::size_t volume, micron top)
{
    if (volume >= plan.volumes.size()) return std::nullopt;
    const auto& one = plan.volumes[volume];
    const micron above = top - one.base;
    std::size_t below = 0;
    for (std::size_t at = 0; at < one.regions.regions.size(); ++at) {
        const auto& region = one.regions.regions[at];
        if (above > region.to()) {
            below += region.layers;
            continue;
        }
        if (above <= region.from || region.layer_height <= 0 ||
            (above - region.from) % region.layer_height != 0)
            return std::nullopt;
        layer_wish wish;
        wish.number = below + static_cast<std::size_t>((above - region.from) / region.layer_height);
        wish.height = region.layer_height;
        wish.bottom = region.kind == region_kind::bottom;
        wish.top = region.kind == region_kind::top;
        wish.region = at;
        wish.wait_s = plan.layer_wait_s;
        if (wish.bottom && plan.bottom_wait_s > 0) wish.wait_s = plan.bottom_wait_s;
        if (region.kind == region_kind::user && region.settings < plan.regions.size()) {
            const auto& asked = plan.regions[region.settings];
            if (const double fan = number(asked, "fanSpeed"); fan >= 0) wish.fan_percent = fan;
            if (const double wait = number(asked, "coolingTime"); wait > 0) wish.wait_s = wait;
        }
        return wish;
    }
    return std::nullopt;
}

std::optional<layer_wish> both(std::optional<layer_wish> one, const std::optional<layer_wish>& other)
{
    if (!one || !other) return one ? one : other;
    one->number = std::min(one->number, other->number);
    one->height = std::min(one->height, other->height);
    one->bottom = one->bottom || other->bottom;
    one->top = one->top && other->top;
    one->wait_s = std::max(one->wait_s, other->wait_s);
    if (other->fan_percent) one->fan_percent = std::max(one->fan_percent.value_or(0), *other->fan_percent);
    return one;
}

std::optional<layer_wish> layer_at(const finishing_plan& plan, micron top)
{
    std::optional<layer_wish> all;
    for (std::size_t volume = 0; volume < plan.volumes.size(); ++volume)
        all = both(all, layer_at(plan, volume, top));
    return all;
}

double fan_percent(const finishing_plan& plan, const layer_wish& layer, std::optional<double> seconds)
{
    if (layer.fan_percent) return *layer.fan_percent;
    if (!plan.fan) return 0;
    const auto& rule = *plan.fan;
    if (layer.number <= 1 && rule.full_layer > 1) return 0; // it has to stick to the bed
    double percent = rule.most;
    if (rule.smart) {
        const double short_s = seconds ? std::max(0.0, rule.quick_s - *seconds) : 0;
        percent = rule.least + (rule.most - rule.least) * std::min(1.0, short_s * rule.factor / 100);
    }
    if (layer.number >= rule.full_layer) return percent;
    const double ramp = static_cast<double>(layer.number - 1) / static_cast<double>(rule.full_layer - 1);
    return std::min(percent, rule.least + (rule.most - rule.least) * ramp);
}

double sped_up(const finishing_plan& plan, const layer_wish& layer, double mm_s)
{
    // The engine's spirals have one speed from the second layer on.
    if (layer.bottom && plan.spiral) return std::min(mm_s, plan.bottom_mm_s);
    if (layer.bottom || layer.number == 0 || layer.number > plan.speedup_layers || mm_s <= plan.bottom_mm_s)
        return mm_s;
    const double share = static_cast<double>(layer.number - 1) /
                         static_cast<double>(std::max<std::size_t>(1, plan.speedup_layers));
    return plan.bottom_mm_s + (mm_s - plan.bottom_mm_s) * share;
}

double pace_factor(const pace_rule& rule, double extruding_s, double seconds)
{
    if (!(extruding_s > 0)) return 1;
    const double other = std::max(0.0, seconds - extruding_s);
    // A hundredth of the speed at least: the head has to arrive.
    const double least = std::clamp(rule.least_factor, 0.01, 1.0), most = std::max(1.0, rule.most_factor);
    if (seconds < rule.least_s) return std::clamp(extruding_s / (rule.least_s - other), least, 1.0);
    if (seconds > rule.most_s)
        return rule.most_s > other ? std::clamp(extruding_s / (rule.most_s - other), 1.0, most) : most;
    return 1;
}

std::string volume_name(std::size_t volume)
{
    return "layerline-" + std::to_string(volume);
}

std::optional<std::size_t> volume_of_label(std::string_view comment)
{
    constexpr std::string_view begins = "printing object layerline-";
    const auto first = comment.find_first_not_of(' ');
    if (first == std::string_view::npos || !comment.substr(first).starts_with(begins)) return std::nullopt;
    comment.remove_prefix(first + begins.size());
    std::size_t volume = 0;
    const auto read = std::from_chars(comment.data(), comment.data() + comment.size(), volume);
    if (read.ec != std::errc{}) return std::nullopt;
    return volume;
}

} // namespace layerline::workshop
