#include "workshop/engine/range_settings.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace layerline::workshop {

namespace {

using nlohmann::json;

// Whatever is no wall and no sparse infill.
constexpr std::array print_speeds{"solid_infill_speed", "top_solid_infill_speed", "gap_fill_speed",
                                  "bridge_speed"};

double number(const json& section, const char* field)
{
    return section[field].get<double>();
}

bool is_bare(const json& data)
{
    return data["layers"]["spiralize"] == true || data["layers"]["simpleMode"] == true;
}

std::string pattern_of(const std::string& asked, double amount)
{
    if (asked == "INFILL_CONCENTRIC") return "concentric";
    // The engine fills wholly with lines alone.
    if (amount >= 100 || asked == "INFILL_LINES") return "rectilinear";
    if (asked == "INFILL_HONEYCOMB") return "honeycomb";
    if (asked == "INFILL_TRIANGLES") return "triangles";
    if (asked == "INFILL_GRID" || amount <= 25) return "grid";
    return "rectilinear";
}

void fill(engine_settings& into, double amount, const std::string& pattern)
{
    into["fill_density"] = engine_number(amount) + "%";
    into["fill_pattern"] = pattern_of(pattern, amount);
}

void print_at(engine_settings& into, double speed)
{
    for (const char* key : print_speeds)
        into[key] = engine_number(speed);
}

void bottom(const json& data, engine_settings& into)
{
    const auto speed = engine_number(number(data["bottom"], "speed"));
    for (const char* key :
         {"perimeter_speed", "external_perimeter_speed", "small_perimeter_speed", "infill_speed"})
        into[key] = speed;
    print_at(into, number(data["bottom"], "speed"));
    if (data["bottom"]["solid"] == true && data["layers"]["simpleMode"] == false) fill(into, 100, {});
}

void user(const json& wish, engine_settings& into)
{
    if (const double speed = number(wish, "printSpeed"); speed > 0) print_at(into, speed);
    for (const auto& [field, key] : {std::pair("innerWallSpeed", "perimeter_speed"),
                                     {"outerWallSpeed", "external_perimeter_speed"},
                                     {"outerWallSpeed", "small_perimeter_speed"},
                                     {"infillSpeed", "infill_speed"}})
        if (const double speed = number(wish, field); speed > 0) into[key] = engine_number(speed);
}

} // namespace

std::string engine_number(double value)
{
    constexpr double steps = 1e5; // the engine writes no more digits
    std::array<char, 32> text{};
    const auto [end, fault] =
        std::to_chars(text.data(), text.data() + text.size(), std::round(value * steps) / steps);
    return fault == std::errc() ? std::string(text.data(), end) : "0";
}

std::string engine_mm(double length)
{
    return engine_number(length / 1000);
}

engine_settings plain_range(const json& data)
{
    engine_settings into;
    const auto& movement = data["movement"];
    into["perimeter_speed"] = engine_number(number(movement, "innerWallSpeed"));
    into["external_perimeter_speed"] = into["small_perimeter_speed"] =
        engine_number(number(movement, "outerWallSpeed"));
    into["infill_speed"] = engine_number(number(movement, "infillSpeed"));
    print_at(into, number(movement, "printSpeed"));
    if (const auto& skin = data["skin"]; skin.is_object() && skin["skin"] == true) {
        into["top_solid_infill_speed"] = engine_number(number(skin, "upSkinSpeed"));
        into["solid_infill_speed"] = engine_number(number(skin, "downSkinSpeed"));
    }
    const auto& infill = data["infill"];
    if (infill.is_object() && !is_bare(data))
        fill(into, number(infill, "amount"), infill["pattern"]);
    else
        fill(into, 0, {});
    return into;
}

engine_settings range_settings(const json& data, const planned_region& region, std::size_t extruder)
{
    auto into = plain_range(data);
    into["layer_height"] = engine_mm(static_cast<double>(region.layer_height));
    if (region.kind == region_kind::bottom) bottom(data, into);
    if (region.kind == region_kind::top && data["top"]["solid"] == true && !is_bare(data))
        fill(into, 100, {});
    if (region.kind == region_kind::user) {
        const auto& wish = data["regionSettings"][region.settings];
        user(wish, into);
        const auto& infill = data["infill"];
        double amount = number(wish, "infillAmount");
        auto pattern = wish["infillPattern"].get<std::string>();
        if (amount < 0) amount = infill.is_object() && !is_bare(data) ? number(infill, "amount") : 0;
        if (pattern.empty()) pattern = infill.is_object() ? infill["pattern"].get<std::string>() : "";
        fill(into, amount, pattern);
        if (const int other = wish["extruder"].get<int>(); other >= 0)
            extruder = static_cast<std::size_t>(other);
    }
    const double width =
        region.kind == region_kind::bottom ? number(data["bottom"], "firstLayersWidthFactor") : 100;
    into["extrusion_width"] = engine_mm(number(data["extruders"][extruder], "nozzleSize") * width / 100);
    into["extruder"] = std::to_string(extruder + 1);
    return into;
}

} // namespace layerline::workshop
