#include "workshop/slicing/slice_reference.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace layerline::workshop {

namespace {

using nlohmann::json;
using enum field_kind;
using enum slice_errc;

constexpr std::string_view micron = "micron", mm_s = "mm/s", percent = "%", degree = "degree", seconds = "s",
                           layer = "layer", line = "line", radian = "radian";
constexpr double any_more = std::numeric_limits<double>::max();
constexpr double half_turn = 3.14159265;

constexpr slice_field length(std::string_view name, double usual, double least, std::string_view text)
{
    return {.name = name, .usual = usual, .least = least, .most = 1e7, .unit = micron, .text = text};
}
constexpr slice_field height(std::string_view name, double usual, double least, std::string_view text)
{
    auto all = length(name, usual, least, text);
    all.kind = number;
    return all;
}
constexpr slice_field speed(std::string_view name, double usual, std::string_view text)
{
    return {.name = name, .usual = usual, .least = 1, .most = 1000, .unit = mm_s, .text = text};
}
constexpr slice_field share(std::string_view name, double usual, double least, double most,
                            std::string_view text)
{
    return {.name = name, .usual = usual, .least = least, .most = most, .unit = percent, .text = text};
}
constexpr slice_field count(std::string_view name, double usual, double least, std::string_view unit,
                            std::string_view text)
{
    return {.name = name, .usual = usual, .least = least, .most = 100000, .unit = unit, .text = text};
}
constexpr slice_field time_of(std::string_view name, double usual, double least, std::string_view text)
{
    return {.name = name, .usual = usual, .least = least, .most = 3600, .unit = seconds, .text = text};
}
constexpr slice_field yes(std::string_view name, bool usual, std::string_view text)
{
    return {.name = name, .kind = flag, .usual = usual ? 1.0 : 0.0, .text = text};
}
constexpr slice_field celsius(std::string_view name, std::string_view text)
{
    return {.name = name, .usual = 0, .least = 0, .most = 500, .unit = "C", .text = text};
}
constexpr slice_field nth_extruder(std::string_view text)
{
    return {.name = "extruder", .usual = 0, .least = 0, .most = 15, .text = text};
}
constexpr slice_field code_lines(std::string_view name, std::string_view usual, std::string_view text)
{
    return {.name = name, .kind = lines, .word = usual, .text = text};
}
constexpr slice_field called_before(slice_field field, std::string_view before)
{
    field.before = before;
    return field;
}

constexpr std::array<std::string_view, 6> patterns{"INFILL_AUTOMATIC", "INFILL_GRID",
                                                   "INFILL_LINES",     "INFILL_CONCENTRIC",
                                                   "INFILL_HONEYCOMB", "INFILL_TRIANGLES"};
constexpr std::array<std::string_view, 7> flavours{
    "GCODE_FLAVOR_REPRAP", "GCODE_FLAVOR_ULTIGCODE", "GCODE_FLAVOR_MAKERBOT",         "GCODE_FLAVOR_BFB",
    "GCODE_FLAVOR_MACH3",  "GCODE_FLAVOR_LINUXCNC",  "GCODE_FLAVOR_REPRAP_VOLUMATRIC"};

constexpr slice_field scale(std::string_view name)
{
    return {.name = name,
            .kind = number,
            .usual = 1,
            .least = 0,
            .most = 1000,
            .open_below = true,
            .text = "the model is made so many times larger along this axis"};
}
constexpr slice_field turn(std::string_view name)
{
    return {.name = name,
            .kind = number,
            .usual = 0,
            .least = -half_turn,
            .most = half_turn,
            .unit = radian,
            .text = "the model is turned about this axis: about x first, then y, then z"};
}
constexpr slice_field place(std::string_view name, std::string_view before)
{
    return {.name = name,
            .usual = 0,
            .least = -1e7,
            .most = 1e7,
            .unit = micron,
            .text = "of the middle of the model's bounding box from the bed's; of z: how far it is lifted",
            .before = before};
}

constexpr std::array model_fields{
    slice_field{.name = "hash",
                .kind = text,
                .needed = true,
                .text = "the model: a fileId or resultId, or a "
                        "file of the bucket"},
    slice_field{.name = "bucketIn", .kind = text, .word = "models", .text = "where the model is"},
    nth_extruder("the extruder that prints it"),
    slice_field{.name = "settings",
                .usual = 0,
                .least = 0,
                .most = 100000,
                .text = "the id of the region settings that it takes; 0: none"},
    length("finish", 0, 0, "the print ends at this height; 0: at the model's top"),
    scale("scale.x"),
    scale("scale.y"),
    scale("scale.z"),
    turn("rotation.x"),
    turn("rotation.y"),
    turn("rotation.z"),
    place("position.x", "x"),
    place("position.y", "y"),
    place("position.z", "z")};

constexpr std::array extruder_fields{
    celsius("temperature", "of the nozzle; 0: it is not set"),
    celsius("firstLayersTemperature", "of the nozzle in the bottom layers; 0: as the others"),
    slice_field{.name = "material", .kind = text, .word = "Invisible filament", .text = "what it is called"},
    share("feedRate", 100, 1, 1000, "of the computed amount of material"),
    length("filamentDiameter", 1750, 1, "of the filament"),
    length("nozzleSize", 400, 1, "of the nozzle"),
    slice_field{.name = "name", .kind = text, .text = "what the extruder is called"}};

constexpr std::array bed_fields{
    celsius("temperature", "of the bed; 0: it is not set"),
    called_before(celsius("firstLayersTemperature", "of the bed in the bottom layers; 0: as the others"),
                  "firstLayerTemperature"),
    length("xLength", 200000, 1, "how wide the bed is"), length("yLength", 200000, 1, "how deep it is"),
    length("zLength", 200000, 1, "how high may be printed")};

constexpr std::array fan_fields{
    count("fullSpeedLayer", 10, 1, layer, "from this layer on it runs as fast as it is to"),
    share("min", 35, 1, 100, "its speed where layers take long"),
    share("max", 90, 1, 100, "its speed where layers are quick; at least `min`"),
    yes("smart", false, "its speed follows the time that a layer takes"),
    share("factor", 20, 0, 100, "how strongly it does"),
    time_of("minimalSeconds", 42, 20, "layers of less than this are quick")};

constexpr std::array raft_fields{
    length("baseThickness", 300, 0, "of the first layer; 0: no raft"),
    length("baseLineWidth", 1000, 1, "of its lines"),
    speed("baseSpeed", 90, "at which it is printed"),
    length("interfaceThickness", 300, 0, "of the layer above it; 0: no raft"),
    length("interfaceLineWidth", 400, 1, "of its lines"),
    length("airGap", 250, 0, "between raft and model"),
    length("firstLayerAirGap", 250, 0, "between raft and the model's first layer"),
    length("extraMargin", 2000, 1, "how far the raft stands out"),
    count("surfaceLayers", 2, 1, layer, "layers at its top"),
    length("surfaceThickness", 300, 0, "of each of them"),
    length("surfaceLineWidth", 400, 1, "of their lines"),
    speed("surfaceSpeed", 40, "at which they are printed"),
    share("fanSpeed", 25, 0, 100, "of the fan in the raft"),
    nth_extruder("the extruder that prints it")};

constexpr std::array infill_fields{
    share("amount", 10, 0, 100, "how much of the inside is filled"),
    share("overlap", 90, 0, 100, "of a line, that infill and walls have in common"),
    slice_field{.name = "pattern",
                .kind = choice,
                .word = patterns[0],
                .choices = patterns,
                .text = "automatic: a grid up to 25 %, lines above"}};

constexpr std::array support_fields{
    share("amount", 10, 1, 100, "how dense it is"),
    slice_field{.name = "activationAngle",
                .usual = 15,
                .least = 0,
                .most = 90,
                .unit = degree,
                .text = "from the vertical, beyond which a surface is supported"},
    slice_field{.name = "orientationAngle",
                .usual = 45,
                .least = 0,
                .most = 359,
                .unit = degree,
                .text = "of its lines"},
    length("wallDistance", 4000, 1, "of the box that is drawn around it; far enough: none"),
    yes("supportEverywhere", false, "on the bed and on the model, whatever the next two say"),
    yes("supportPlatform", false, "where it can stand on the bed"),
    yes("supportModel", false, "where it has to stand on the model"),
    slice_field{.name = "pattern", .usual = 0, .least = 0, .most = 1, .text = "0: a grid, 1: lines"},
    length("XYDistance", 700, 0, "from the model, sideways"),
    length("ZDistance", 150, 0, "from it, upwards"),
    nth_extruder("the extruder that prints it")};

constexpr std::array skirt_fields{count("lineCount", 2, 0, line, "lines around the model; 0: none"),
                                  length("distance", 3000, 0, "from the model"),
                                  length("minLength", 50000, 0, "more lines until it is so long"),
                                  nth_extruder("the extruder that prints it")};

constexpr std::array movement_fields{
    yes("combing", false, "travels keep inside the model where they can"),
    yes("oozeShield", false, "a wall around the model that catches what oozes"),
    speed("printSpeed", 60, "of whatever has no speed of its own"),
    speed("travelSpeed", 80, "of travels"),
    speed("innerWallSpeed", 50, "of walls inside"),
    speed("outerWallSpeed", 40, "of the outermost wall"),
    speed("infillSpeed", 60, "of infill"),
    count("speedupLayers", 10, 1, layer, "so many layers to get from the bottom's speed to the others"),
    yes("smart", false, "layers that are quick are printed slower"),
    share("minFactor", 60, 0, 100, "of the speed at least"),
    share("maxFactor", 0, 0, 100, "of the speed, that slow layers are printed faster by"),
    time_of("minimalSeconds", 20, 0, "that a layer takes at least"),
    time_of("maximalSeconds", 25, 0, "that a layer takes at most")};

constexpr std::array bottom_fields{
    count("numberOfLayers", 2, 1, layer, "layers of the bottom"),
    height("layerHeight", 250, 0, "of each; 0: as the other layers"),
    speed("speed", 30, "at which they are printed"),
    yes("solid", true, "without gaps"),
    time_of("layerDelay", 0, 0, "to wait after each"),
    share("firstLayersWidthFactor", 120, 10, 500, "of the nozzle's size, of their lines"),
    height("cutOff", 0, 0, "so much of the model is under the bed and left out")};

constexpr std::array top_fields{count("numberOfLayers", 3, 0, layer, "layers of the top"),
                                height("layerHeight", 200, 0, "of each; 0: as the other layers"),
                                yes("solid", true, "without gaps")};

constexpr std::array retraction_fields{
    length("amount", 4000, 0, "of filament; 0: none"),
    speed("speed", 20, "of the filament"),
    length("extruderSwitch", 14500, 1, "when the extruder changes"),
    length("minimalExtrusionBeforeRetraction", 20, 1, "of filament since the last one"),
    length("zHop", 0, 0, "how far the head is lifted"),
    length("minimalDistance", 2500, 1, "of a travel that is worth one")};

constexpr std::array multi_extrusion_fields{
    code_lines("preSwitchCode", "", "before the extruder changes"),
    code_lines("postSwitchCode", "", "after it"),
    length("dualOverlap", 1500, 0, "that volumes of two extruders have in common")};

constexpr std::array layers_fields{
    yes("spiralize", false, "one wall that rises all the way"),
    yes("simpleMode", false, "one wall, nothing inside, no top"),
    yes("sequentialMode", false, "one model after the other"),
    height("layerHeight", 200, 1, "of each layer where nothing else is said"),
    time_of("layerCoolingTime", 0, 0, "to wait after each layer"),
    share("firstLayersAmount", 100, 1, 100, "of the computed material in the bottom layers"),
    count("numberOutlines", 2, 1, line, "walls"),
    count("solidLayers", 0, 0, layer, "every so many layers one without gaps; 0: none"),
    length("wipeTowerSize", 0, 0, "of the tower where extruders are wiped; 0: none")};

constexpr std::array gcode_fields{
    code_lines("startGcode", "G21\nG28\nG1 Z5 F5000\nG90\nG92 E0\nM82", "before the print"),
    code_lines("endGcode", "G92 E0\nM104 S0\nG28 X0\nM84", "after it"),
    code_lines("changeLayerGcode", "", "at the beginning of each layer"),
    code_lines("customGcode", "", "each `repeatEvery` layers"),
    count("repeatEvery", 0, 0, layer, "how often; 0: never"),
    slice_field{.name = "gcodeFlavour",
                .kind = choice,
                .word = flavours[0],
                .choices = flavours,
                .text = "whose G-code"}};

constexpr std::array brim_fields{count("lines", 3, 0, line, "lines around the first layer; 0: none"),
                                 nth_extruder("the extruder that prints it")};

constexpr std::array skin_fields{
    yes("skin", true, "surfaces that face up or down are closed"),
    share("infillOverlap", 20, 0, 100, "of a line, that skin and walls have in common"),
    share("infillAmount", 90, 1, 100, "how dense it is"),
    called_before(speed("upSkinSpeed", 30, "of what faces up"), "upskinSpeed"),
    called_before(speed("downSkinSpeed", 30, "of what faces down"), "downskinSpeed"),
    count("upSkinCount", 3, 1, layer, "layers of what faces up"),
    count("downSkinCount", 3, 1, layer, "layers of what faces down")};

constexpr std::array abs_support_fields{slice_field{.name = "activationAngle",
                                                    .usual = 90,
                                                    .least = 0,
                                                    .most = 359,
                                                    .unit = degree,
                                                    .text = "corners sharper than this get a disc"},
                                        length("radius", 1000, 1, "of the discs"),
                                        share("overlap", 100, 0, 100, "of a line with the model"),
                                        count("numberOfLayers", 2, 0, layer, "how high they are; 0: none")};

constexpr std::array region_fields{
    slice_field{.name = "id",
                .usual = 1,
                .least = 1,
                .most = 100000,
                .needed = true,
                .text = "of the set that the region belongs to: what a model's `settings` names"},
    height("startHeight", 0, 0, "where it begins"),
    height("endHeight", 0, 0, "where it ends; 0: where the next region or the top begins"),
    height("layerHeight", 0, 0, "of its layers; 0: as the others"),
    count("outerWallSpeed", 0, 0, mm_s, "0: as outside of it"),
    count("innerWallSpeed", 0, 0, mm_s, "0: as outside of it"),
    count("printSpeed", 0, 0, mm_s, "0: as outside of it"),
    count("infillSpeed", 0, 0, mm_s, "0: as outside of it"),
    share("infillAmount", -1, -1, 100, "-1: as outside of it"),
    slice_field{
        .name = "infillPattern", .kind = choice, .choices = patterns, .text = "empty: as outside of it"},
    slice_field{.name = "extruder", .usual = -1, .least = -1, .most = 15, .text = "-1: as outside of it"},
    share("fanSpeed", -1, -1, 100, "-1: as outside of it"),
    time_of("coolingTime", 0, 0, "to wait after each of its layers")};

constexpr auto object = section_shape::object, list = section_shape::list;
constexpr std::array sections{
    slice_section{"model", list, no_model, false, model_fields, "what is printed, and where"},
    slice_section{"regionSettings", list, no_region_settings, true, region_fields,
                  "other settings between two heights"},
    slice_section{"extruders", list, no_extruders, false, extruder_fields, "counted from 0"},
    slice_section{"fan", object, no_fan, true, fan_fields, "the part's fan"},
    slice_section{"bed", object, no_bed, false, bed_fields, "the bed and the room above it"},
    slice_section{"raft", object, no_raft, true, raft_fields, "layers that the model stands on"},
    slice_section{"infill", object, no_infill, true, infill_fields, "what is inside"},
    slice_section{"support", object, no_support, true, support_fields, "under what hangs over"},
    slice_section{"skirt", object, no_skirt, true, skirt_fields, "lines around the model, not touching it"},
    slice_section{"movement", object, no_movement, false, movement_fields, "speeds"},
    slice_section{"bottom", object, no_bottom, false, bottom_fields, "the first layers"},
    slice_section{"top", object, no_top, false, top_fields, "the last layers"},
    slice_section{"retraction", object, no_retraction, true, retraction_fields,
                  "filament that is drawn back for travels"},
    slice_section{"multiExtrusion", object, no_multi_extrusion, true, multi_extrusion_fields,
                  "needed with more than one extruder"},
    slice_section{"layers", object, no_layers, false, layers_fields, "layers and walls"},
    slice_section{"gcode", object, no_gcode, false, gcode_fields,
                  "G-code of the printer's owner, word for word"},
    slice_section{"brim", object, std::nullopt, true, brim_fields,
                  "lines around the first layer that touch it"},
    slice_section{"skin", object, std::nullopt, true, skin_fields, "surfaces inside"},
    slice_section{"absSupport", object, std::nullopt, true, abs_support_fields, "discs at sharp corners"},
};

std::string_view kind_name(field_kind kind)
{
    switch (kind) {
    case whole:
        return "Int";
    case number:
        return "Float";
    case flag:
        return "Boolean";
    case text:
    case choice:
        return "String";
    case lines:
        return "String[]";
    }
    return "";
}

json described(const slice_field& field)
{
    json told{{"type", kind_name(field.kind)}, {"mandatory", field.needed}, {"description", field.text}};
    if (!field.needed) told["default"] = usual_value(field);
    if (field.kind == whole || field.kind == number) {
        told["minvalue"] =
            field.kind == whole ? json(static_cast<long long>(field.least)) : json(field.least);
        told["maxvalue"] = field.kind == whole ? json(static_cast<long long>(field.most)) : json(field.most);
        told["includeLowerBound"] = !field.open_below;
    }
    if (!field.unit.empty()) told["unit"] = field.unit;
    for (const auto one : field.choices)
        told["options"].push_back({{"value", one}});
    return told;
}

} // namespace

bool same_name(std::string_view a, std::string_view b)
{
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [low](char one, char other) { return low(one) == low(other); });
}

std::span<const slice_section> slice_sections()
{
    return sections;
}

const slice_section* find_section(std::string_view name)
{
    const auto* const hit = std::find_if(sections.begin(), sections.end(), [name](const slice_section& one) {
        return same_name(one.name, name);
    });
    return hit != sections.end() ? hit : nullptr;
}

const slice_field* find_field(const slice_section& section, std::string_view name)
{
    const auto hit =
        std::find_if(section.fields.begin(), section.fields.end(), [name](const slice_field& one) {
            return same_name(one.name, name) || (!one.before.empty() && same_name(one.before, name));
        });
    return hit != section.fields.end() ? &*hit : nullptr;
}

json usual_value(const slice_field& field)
{
    if (field.needed) return nullptr;
    switch (field.kind) {
    case whole:
        return static_cast<long long>(field.usual);
    case number:
        return field.usual;
    case flag:
        return field.usual != 0;
    case text:
    case choice:
        return std::string(field.word);
    case lines:
        break;
    }
    auto all = json::array();
    for (std::size_t from = 0; from < field.word.size();) {
        const auto to = std::min(field.word.find('\n', from), field.word.size());
        all.push_back(std::string(field.word.substr(from, to - from)));
        from = to + 1;
    }
    return all;
}

json reference_json()
{
    json all{{"version", slice_version}, {"sections", json::object()}};
    for (const auto& section : sections) {
        auto fields = json::object();
        for (const auto& field : section.fields)
            fields[std::string(field.name)] = described(field);
        all["sections"][std::string(section.name)] = {{"shape", section.shape == list ? "list" : "object"},
                                                      {"mandatory", section.missing.has_value()},
                                                      {"canBeOff", section.can_be_off},
                                                      {"description", section.text},
                                                      {"fields", std::move(fields)}};
    }
    return all;
}

} // namespace layerline::workshop
