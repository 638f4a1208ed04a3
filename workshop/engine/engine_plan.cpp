#include "workshop/engine/engine_plan.hpp"

#include "workshop/engine/field_fates.hpp"
#include "workshop/engine/range_settings.hpp"
#include "workshop/finishing/finishing_plan.hpp"
#include "workshop/slicing/slice_reference.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numbers>
#include <optional>
#include <utility>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr double default_wall_distance = 4000; // micron: far enough, no wall

// The same for every extruder, as the engine's lists are written.
std::string each(const json& extruders, const std::function<std::string(const json&)>& value)
{
    std::string all;
    for (const auto& one : extruders)
        all += (all.empty() ? "" : ",") + value(one);
    return all;
}

std::string repeated(std::size_t count, const std::string& value)
{
    std::string all;
    for (std::size_t at = 0; at < count; ++at)
        all += (at == 0 ? "" : ",") + value;
    return all;
}

double number(const json& section, const char* field)
{
    return section[field].get<double>();
}

std::string first_or(const json& section)
{
    const double first = number(section, "firstLayersTemperature");
    return engine_number(first > 0 ? first : number(section, "temperature"));
}

// Nothing of the engine's lists and comments in it.
std::string plain_word(const std::string& given)
{
    std::string word;
    for (const char c : given.substr(0, 64)) {
        const bool good =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        word += good ? c : '_';
    }
    return word.empty() ? "filament" : word;
}

void extruders(const json& data, engine_settings& into)
{
    const auto& all = data["extruders"];
    const auto set = [&](const char* key, const std::function<std::string(const json&)>& value) {
        into[key] = each(all, value);
    };
    set("nozzle_diameter", [](const json& one) { return engine_mm(number(one, "nozzleSize")); });
    set("filament_diameter", [](const json& one) { return engine_mm(number(one, "filamentDiameter")); });
    set("extrusion_multiplier", [](const json& one) { return engine_number(number(one, "feedRate") / 100); });
    set("temperature", [](const json& one) { return engine_number(number(one, "temperature")); });
    set("first_layer_temperature", first_or);
    into["filament_type"].clear();
    for (const auto& one : all)
        into["filament_type"] += (into["filament_type"].empty() ? "" : ";") + plain_word(one["material"]);
    const auto& bed = data["bed"];
    into["bed_temperature"] = repeated(all.size(), engine_number(number(bed, "temperature")));
    into["first_layer_bed_temperature"] = repeated(all.size(), first_or(bed));
    const auto x = engine_mm(number(bed, "xLength")), y = engine_mm(number(bed, "yLength"));
    into["bed_shape"] = "0x0," + x + "x0," + x + "x" + y + ",0x" + y;
    into["max_print_height"] = engine_mm(number(bed, "zLength"));
}

void retraction(const json& data, engine_settings& into)
{
    const auto& given = data["retraction"];
    const auto count = data["extruders"].size();
    const auto set = [&](const char* key, const char* field, double scale) {
        into[key] = repeated(count, given.is_null() ? "0" : engine_number(number(given, field) * scale));
    };
    set("retract_length", "amount", 0.001);
    set("retract_length_toolchange", "extruderSwitch", 0.001);
    set("retract_lift", "zHop", 0.001);
    set("retract_before_travel", "minimalDistance", 0.001);
    into["retract_speed"] = repeated(count, given.is_null() ? "20" : engine_number(number(given, "speed")));
    for (const char* key : {"deretract_speed", "retract_layer_change", "wipe", "retract_restart_extra",
                            "retract_restart_extra_toolchange"})
        into[key] = repeated(count, "0");
}

// What nobody asked for is off; what the finishing does is left to it.
void quiet_defaults(engine_settings& into)
{
    for (const char* key : {"cooling",
                            "dont_support_bridges",
                            "elefant_foot_compensation",
                            "ensure_vertical_shell_thickness",
                            "extra_perimeters",
                            "infill_only_where_needed",
                            "ironing",
                            "ooze_prevention",
                            "solid_infill_below_area",
                            "thick_bridges",
                            "travel_speed_z",
                            "xy_size_compensation",
                            "z_offset",
                            "use_firmware_retraction",
                            "remaining_times",
                            "default_acceleration",
                            "first_layer_acceleration",
                            "perimeter_acceleration",
                            "infill_acceleration",
                            "bridge_acceleration",
                            "max_volumetric_speed",
                            "top_solid_min_thickness",
                            "bottom_solid_min_thickness",
                            "support_material_interface_layers",
                            "support_material_bottom_interface_layers",
                            "raft_first_layer_expansion",
                            "brim_separation",
                            "standby_temperature_delta",
                            "single_extruder_multi_material",
                            "single_extruder_multi_material_priming",
                            "silent_mode"})
        into[key] = "0";
    into["machine_limits_usage"] = "ignore";
    into["gcode_label_objects"] = "1";
    into["fuzzy_skin"] = "none";
    into["brim_type"] = "no_brim";
    into["support_material"] = "0";
    into["raft_layers"] = "0";
    into["skirts"] = "0";
    into["draft_shield"] = "disabled";
    into["wipe_tower"] = "0";
    into["seam_position"] = "aligned";
    into["perimeter_generator"] = "arachne";
    into["top_fill_pattern"] = into["bottom_fill_pattern"] = "monotonic";
    into["start_gcode"] = start_mark;
    into["end_gcode"] = end_mark;
    into["toolchange_gcode"] = std::string(before_tool_mark) + "\\nT[next_extruder]\\n" + after_tool_mark;
    for (const char* key : {"before_layer_gcode", "layer_gcode", "between_objects_gcode", "post_process",
                            "color_change_gcode", "pause_print_gcode", "template_custom_gcode", "thumbnails"})
        into[key] = "";
    into["notes"] = "";
}

std::optional<slice_failure> flavour(const json& data, engine_settings& into)
{
    constexpr std::array<std::pair<const char*, const char*>, 5> known{
        {{"GCODE_FLAVOR_REPRAP", "reprap"},
         {"GCODE_FLAVOR_REPRAP_VOLUMATRIC", "reprap"},
         {"GCODE_FLAVOR_MAKERBOT", "makerware"},
         {"GCODE_FLAVOR_MACH3", "mach3"},
         {"GCODE_FLAVOR_LINUXCNC", "machinekit"}}};
    const auto asked = data["gcode"]["gcodeFlavour"].get<std::string>();
    const auto* const hit =
        std::find_if(known.begin(), known.end(), [&asked](const auto& one) { return asked == one.first; });
    if (hit == known.end())
        return slice_failure{slice_errc::bad_value, "gcode.gcodeFlavour",
                             "The engine does not write this G-code."};
    into["gcode_flavor"] = hit->second;
    into["use_volumetric_e"] = asked == "GCODE_FLAVOR_REPRAP_VOLUMATRIC" ? "1" : "0";
    into["use_relative_e_distances"] = "0";
    return std::nullopt;
}

// The engine prints as many lines as wholly fit; their spacing is less than their width, for they overlap
// with their round sides. A quarter of a line keeps the count clear of rounding.
double brim_width_mm(const json& data, std::size_t extruder, double layer_mm)
{
    constexpr double clear = 0.25;
    const double width = number(data["extruders"][extruder], "nozzleSize") / 1000 *
                         number(data["bottom"], "firstLayersWidthFactor") / 100;
    const double spacing = width - layer_mm * (1 - std::numbers::pi / 4);
    return (number(data["brim"], "lines") + clear) * spacing;
}

std::optional<slice_failure> around(const json& data, engine_settings& into, std::size_t first_extruder,
                                    double first_layer_mm)
{
    if (const auto& skirt = data["skirt"]; skirt.is_object() && skirt["lineCount"] != 0) {
        if (skirt["extruder"].get<std::size_t>() != first_extruder)
            return slice_failure{slice_errc::bad_value, "skirt.extruder",
                                 "The skirt is printed by the extruder that prints first, number " +
                                     std::to_string(first_extruder) + "."};
        into["skirts"] = std::to_string(skirt["lineCount"].get<int>());
        into["skirt_distance"] = engine_mm(number(skirt, "distance"));
        into["min_skirt_length"] = engine_mm(number(skirt, "minLength"));
        into["skirt_height"] = "1";
    }
    if (data["movement"]["oozeShield"] == true) {
        into["draft_shield"] = "enabled";
        if (into["skirts"] == "0") into["skirts"] = "1";
    }
    if (const auto& brim = data["brim"]; brim.is_object() && brim["lines"] != 0) {
        if (brim["extruder"].get<std::size_t>() != first_extruder)
            return slice_failure{slice_errc::bad_value, "brim.extruder",
                                 "The brim is printed by the extruder that prints first, number " +
                                     std::to_string(first_extruder) + "."};
        into["brim_type"] = "outer_only";
        into["brim_width"] = engine_number(brim_width_mm(data, first_extruder, first_layer_mm));
    }
    return std::nullopt;
}

std::optional<slice_failure> below(const json& data, engine_settings& into)
{
    const auto& raft = data["raft"];
    const auto& support = data["support"];
    const bool with_raft = raft.is_object() && raft["baseThickness"] != 0 && raft["interfaceThickness"] != 0;
    const bool everywhere = support.is_object() && support["supportEverywhere"] == true,
               platform = support.is_object() && support["supportPlatform"] == true,
               model = support.is_object() && support["supportModel"] == true,
               with_support = everywhere || platform || model;
    into["support_material_speed"] = engine_number(number(data["movement"], "printSpeed"));
    into["support_material_interface_speed"] = "100%";
    if (with_raft) {
        into["raft_layers"] = std::to_string(2 + raft["surfaceLayers"].get<int>());
        into["raft_contact_distance"] = engine_mm(number(raft, "firstLayerAirGap"));
        into["raft_expansion"] = engine_mm(number(raft, "extraMargin"));
        into["support_material_extruder"] = into["support_material_interface_extruder"] =
            std::to_string(raft["extruder"].get<int>() + 1);
    }
    if (!with_support) return std::nullopt;
    if (with_raft && raft["extruder"] != support["extruder"])
        return slice_failure{slice_errc::bad_value, "raft.extruder",
                             "Raft and support are printed by the same extruder."};
    if (model && !platform && !everywhere)
        return slice_failure{slice_errc::bad_value, "support.supportModel",
                             "Support on the model alone is not possible; set supportEverywhere."};
    into["support_material"] = "1";
    into["support_material_auto"] = "1";
    into["support_material_buildplate_only"] = platform && !model && !everywhere ? "1" : "0";
    const auto extruder = support["extruder"].get<std::size_t>();
    const double width = number(data["extruders"][extruder], "nozzleSize") / 1000;
    into["support_material_extruder"] = into["support_material_interface_extruder"] =
        std::to_string(extruder + 1);
    into["support_material_style"] = "grid";
    // Between lines; the engine adds one line's width.
    into["support_material_spacing"] = engine_number(width * (100 / number(support, "amount") - 1));
    // The engine counts from the horizontal, and takes 0 for "by itself".
    into["support_material_threshold"] =
        engine_number(std::max(1.0, 90 - number(support, "activationAngle")));
    into["support_material_angle"] = engine_number(number(support, "orientationAngle"));
    into["support_material_pattern"] = support["pattern"] == 0 ? "rectilinear-grid" : "rectilinear";
    into["support_material_xy_spacing"] = engine_mm(number(support, "XYDistance"));
    into["support_material_contact_distance"] = engine_mm(number(support, "ZDistance"));
    into["support_material_with_sheath"] =
        number(support, "wallDistance") < default_wall_distance ? "1" : "0";
    return std::nullopt;
}

void surfaces(const json& data, engine_settings& into, std::size_t first_extruder)
{
    const auto& skin = data["skin"];
    const bool closed = !skin.is_object() || skin["skin"] == true;
    const auto& layers = data["layers"];
    const bool bare = layers["spiralize"] == true || layers["simpleMode"] == true;
    // Where skin has no section, a bottom or top that is not solid leaves its side open.
    const auto count = [&](const char* own, const json& section) {
        if (!closed || layers["simpleMode"] == true) return std::string("0");
        if (skin.is_object()) return std::to_string(skin[own].get<int>());
        return section["solid"] == true ? std::to_string(section["numberOfLayers"].get<int>()) : "0";
    };
    into["top_solid_layers"] = bare ? "0" : count("upSkinCount", data["top"]);
    into["bottom_solid_layers"] = count("downSkinCount", data["bottom"]);
    into["perimeters"] = bare ? "1" : std::to_string(layers["numberOutlines"].get<int>());
    into["solid_infill_every_layers"] = std::to_string(layers["solidLayers"].get<int>());
    into["spiral_vase"] = layers["spiralize"] == true ? "1" : "0";
    into["thin_walls"] = "0";
    into["complete_objects"] = layers["sequentialMode"] == true && data["model"].size() > 1 ? "1" : "0";
    into["avoid_crossing_perimeters"] = data["movement"]["combing"] == true ? "1" : "0";
    into["layer_height"] = engine_mm(number(layers, "layerHeight"));
    // In mm: the engine's percents are of the layer's height.
    const double nozzle = number(data["extruders"][first_extruder], "nozzleSize");
    into["extrusion_width"] = engine_mm(nozzle);
    for (const char* key :
         {"perimeter_extrusion_width", "external_perimeter_extrusion_width", "infill_extrusion_width",
          "solid_infill_extrusion_width", "top_infill_extrusion_width", "support_material_extrusion_width"})
        into[key] = "0"; // as extrusion_width
    into["first_layer_extrusion_width"] =
        engine_mm(nozzle * number(data["bottom"], "firstLayersWidthFactor") / 100);
    const auto speed = engine_number(number(data["bottom"], "speed"));
    into["first_layer_speed"] = into["first_layer_speed_over_raft"] = speed;
    into["travel_speed"] = engine_number(number(data["movement"], "travelSpeed"));
}

// As far up as both reach.
bool same_layers(const placed_volume& one, const placed_volume& other)
{
    const auto heights = [](const placed_volume& volume) {
        std::vector<micron> all;
        for (const auto& region : volume.plan.regions)
            for (std::size_t layer = 1; layer <= region.layers; ++layer)
                all.push_back(region.from + region.layer_height * static_cast<micron>(layer));
        return all;
    };
    const auto a = heights(one), b = heights(other);
    const auto common = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
    return std::equal(a.begin(), a.begin() + common, b.begin());
}

// The engine has towers under conditions of its own, which it tells in its own words.
std::optional<slice_failure> wipe_tower(const json& data, std::span<const placed_volume> volumes,
                                        engine_settings& into)
{
    const double size = number(data["layers"], "wipeTowerSize") / 1000;
    if (size <= 0 || data["extruders"].size() < 2) return std::nullopt;
    const auto refused = [](const char* why) {
        return slice_failure{slice_errc::bad_value, "layers.wipeTowerSize",
                             std::string("There is no wipe tower ") + why};
    };
    if (data["layers"]["sequentialMode"] == true && data["model"].size() > 1)
        return refused("where models are printed one after the other.");
    if (data["gcode"]["gcodeFlavour"] != "GCODE_FLAVOR_REPRAP") return refused("in this G-code flavour.");
    const auto& first = data["extruders"][0];
    for (const auto& one : data["extruders"])
        if (one["nozzleSize"] != first["nozzleSize"] || one["filamentDiameter"] != first["filamentDiameter"])
            return refused("for extruders whose nozzles or filaments are of different sizes.");
    for (const auto& volume : volumes)
        if (!same_layers(volume, volumes.front()))
            return refused("for models whose layers are not at the same heights.");
    into["wipe_tower"] = "1";
    into["wipe_tower_width"] = engine_number(size);
    // What is wiped at each change: so much that the tower of a layer with all extruders is a square.
    const auto count = data["extruders"].size();
    const auto wiped = engine_number(size * size * number(data["layers"], "layerHeight") / 1000 /
                                     static_cast<double>(count - 1));
    std::string matrix, least;
    for (std::size_t from = 0; from < count; ++from) {
        least += from == 0 ? "0" : ",0";
        for (std::size_t to = 0; to < count; ++to)
            matrix += (matrix.empty() ? "" : ",") + (from == to ? std::string("0") : wiped);
    }
    into["wiping_volumes_matrix"] = matrix;
    into["filament_minimal_purge_on_wipe_tower"] = least;
    into["use_relative_e_distances"] = "1"; // the engine writes towers in no other way,
    into["layer_gcode"] = "G92 E0";         // and this is its condition for it
    constexpr double from_edge = 10;
    into["wipe_tower_x"] =
        engine_number(std::max(0.0, number(data["bed"], "xLength") / 1000 - size - from_edge));
    into["wipe_tower_y"] =
        engine_number(std::max(0.0, number(data["bed"], "yLength") / 1000 - size - from_edge));
    return std::nullopt;
}

// Any wish of a region that a spiral, which has the same settings all the way, cannot follow.
std::optional<slice_failure> spiral(const json& data, std::span<const placed_volume> volumes)
{
    if (data["layers"]["spiralize"] == false) return std::nullopt;
    for (const auto& volume : volumes)
        for (const auto& region : volume.plan.regions) {
            if (region.kind != region_kind::user) continue;
            const auto& wish = data["regionSettings"][region.settings];
            const auto path = "regionSettings[" + std::to_string(region.settings) + "].";
            for (const char* field : {"outerWallSpeed", "innerWallSpeed", "printSpeed", "infillSpeed"})
                if (number(wish, field) > 0)
                    return slice_failure{slice_errc::bad_value, path + field,
                                         "A spiral has the same speed all the way."};
            if (number(wish, "infillAmount") > 0)
                return slice_failure{slice_errc::bad_value, path + "infillAmount",
                                     "A spiral has nothing inside."};
            if (const int other = wish["extruder"].get<int>();
                other >= 0 && static_cast<std::size_t>(other) != volume.extruder)
                return slice_failure{slice_errc::bad_value, path + "extruder",
                                     "A spiral is printed by one extruder."};
        }
    return std::nullopt;
}

// The engine begins with the lowest of those that the first layer has; in sequence, with the first model's.
std::size_t printing_first(const json& data, std::span<const placed_volume> volumes)
{
    if (volumes.empty()) return 0;
    if (data["layers"]["sequentialMode"] == true) return volumes.front().extruder;
    const auto lowest = std::min_element(
        volumes.begin(), volumes.end(), [](const auto& a, const auto& b) { return a.extruder < b.extruder; });
    return lowest->extruder;
}

std::optional<slice_failure> beyond_the_engine(const json& data)
{
    constexpr double default_overlap = 1500;
    if (const auto& multi = data["multiExtrusion"]; multi.is_object() && data["extruders"].size() > 1 &&
                                                    number(multi, "dualOverlap") != default_overlap &&
                                                    number(multi, "dualOverlap") != 0)
        return slice_failure{slice_errc::bad_value, "multiExtrusion.dualOverlap",
                             "Volumes of two extruders are printed as they are; leave it at 0 or 1500."};
    for (std::size_t index = 0; index < data["model"].size(); ++index)
        if (number(data["model"][index]["position"], "z") > 0)
            return slice_failure{slice_errc::bad_value, "model[" + std::to_string(index) + "].position.z",
                                 "Nothing can be printed in the air: models stand on the bed."};
    return std::nullopt;
}

// What was asked for and is done only nearly: each field that has another value than its default, once.
void note_approximations(const json& data, std::vector<std::string>& notes)
{
    for (const auto& row : fate_table()) {
        if (row.fate != field_fate::approximate) continue;
        const auto dot = row.field.find('.');
        const auto& section = data[std::string(row.field.substr(0, dot))];
        const auto name = std::string(row.field.substr(dot + 1));
        const auto* const known = find_section(row.field.substr(0, dot));
        if (!section.is_object() || !section.contains(name) || known == nullptr) continue;
        const auto* const field = find_field(*known, name);
        if (field == nullptr || section[name] == usual_value(*field)) continue;
        notes.push_back(std::string(row.field) + " is approximate: " + std::string(row.text) + ".");
    }
}

} // namespace

slice_result<engine_plan> plan_engine(const json& data, std::span<const placed_volume> volumes)
{
    engine_plan plan;
    auto& into = plan.settings;
    quiet_defaults(into);
    extruders(data, into);
    retraction(data, into);
    if (auto why = flavour(data, into)) return *std::move(why);
    if (auto why = wipe_tower(data, volumes, into)) return *std::move(why);
    if (auto why = beyond_the_engine(data)) return *std::move(why);
    if (auto why = spiral(data, volumes)) return *std::move(why);
    const auto first = printing_first(data, volumes);
    surfaces(data, into, first);
    double first_layer_mm = number(data["bottom"], "layerHeight") / 1000;
    if (!volumes.empty() && !volumes.front().plan.regions.empty())
        first_layer_mm = static_cast<double>(volumes.front().plan.regions.front().layer_height) / 1000;
    if (auto why = around(data, into, first, first_layer_mm)) return *std::move(why);
    if (auto why = below(data, into)) return *std::move(why);
    into.merge(plain_range(data));
    if (data["infill"].is_object())
        into["infill_overlap"] = engine_number(number(data["infill"], "overlap")) + "%";
    for (std::size_t index = 0; index < volumes.size(); ++index) {
        engine_volume volume;
        volume.name = volume_name(index);
        volume.extruder = volumes[index].extruder;
        for (const auto& region : volumes[index].plan.regions) {
            auto settings = range_settings(data, region, volume.extruder);
            // A spiral has the same settings all the way, or the engine does not take it.
            if (data["layers"]["spiralize"] == true)
                std::erase_if(settings, [](const auto& one) { return one.first != "layer_height"; });
            volume.ranges.push_back({static_cast<double>(region.from) / 1000,
                                     static_cast<double>(region.to()) / 1000, std::move(settings)});
        }
        plan.volumes.push_back(std::move(volume));
    }
    if (first_layer_mm > 0) into["first_layer_height"] = engine_number(first_layer_mm);
    note_approximations(data, plan.notes);
    return plan;
}

} // namespace layerline::workshop
