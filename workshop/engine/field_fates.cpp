#include "workshop/engine/field_fates.hpp"

#include <array>

namespace layerline::workshop {

namespace {

using enum field_fate;

constexpr std::array rows{
    fate_row{"model.hash", placement, "read by Layerline"},
    fate_row{"model.bucketIn", placement, "read by Layerline"},
    fate_row{"model.extruder", exact, "extruder of the object"},
    fate_row{"model.settings", exact, "layer ranges"},
    fate_row{"model.finish", placement, "the model is cut"},
    fate_row{"model.scale.x", placement, ""},
    fate_row{"model.scale.y", placement, ""},
    fate_row{"model.scale.z", placement, ""},
    fate_row{"model.rotation.x", placement, ""},
    fate_row{"model.rotation.y", placement, ""},
    fate_row{"model.rotation.z", placement, ""},
    fate_row{"model.position.x", placement, ""},
    fate_row{"model.position.y", placement, ""},
    fate_row{"model.position.z", placement,
             "below 0 the model is cut; above 0 is refused: nothing is printed in the air"},
    fate_row{"extruders.temperature", exact, "temperature"},
    fate_row{"extruders.firstLayersTemperature", finishing,
             "the first layer's by the engine, the switch at the end of the bottom"},
    fate_row{"extruders.material", exact, "filament_type, a comment"},
    fate_row{"extruders.feedRate", exact, "extrusion_multiplier"},
    fate_row{"extruders.filamentDiameter", exact, "filament_diameter"},
    fate_row{"extruders.nozzleSize", exact, "nozzle_diameter; lines are as wide"},
    fate_row{"extruders.name", exact, "nothing is printed by it"},
    fate_row{"bed.temperature", exact, "bed_temperature"},
    fate_row{"bed.firstLayersTemperature", finishing,
             "the first layer's by the engine, the switch at the end of the bottom"},
    fate_row{"bed.xLength", exact, "bed_shape, and checked in the G-code"},
    fate_row{"bed.yLength", exact, "bed_shape, and checked in the G-code"},
    fate_row{"bed.zLength", exact, "checked before and in the G-code"},
    fate_row{"fan.fullSpeedLayer", finishing, ""},
    fate_row{"fan.min", finishing, ""},
    fate_row{"fan.max", finishing, ""},
    fate_row{"fan.smart", finishing, ""},
    fate_row{"fan.factor", finishing, ""},
    fate_row{"fan.minimalSeconds", finishing, ""},
    fate_row{"raft.baseThickness", approximate,
             "the lowest layer is bottom.layerHeight high (200 micron where 300 are asked for, by default); "
             "0 is no raft"},
    fate_row{"raft.baseLineWidth", approximate,
             "nozzleSize times bottom.firstLayersWidthFactor: 480 micron with a nozzle of 400, whatever is "
             "asked for"},
    fate_row{"raft.baseSpeed", approximate, "at bottom.speed, whatever is asked for"},
    fate_row{"raft.interfaceThickness", approximate,
             "three quarters of nozzleSize, measured: 300 micron with a nozzle of 400, as by default; 0 is "
             "no raft"},
    fate_row{"raft.interfaceLineWidth", approximate, "nozzleSize, as by default with 400 micron"},
    fate_row{"raft.airGap", approximate,
             "firstLayerAirGap is the one gap: wrong by their difference, by default 0"},
    fate_row{"raft.firstLayerAirGap", exact, "raft_contact_distance"},
    fate_row{"raft.extraMargin", exact, "raft_expansion"},
    fate_row{"raft.surfaceLayers", exact, "raft_layers, beside base and interface"},
    fate_row{"raft.surfaceThickness", approximate,
             "three quarters of nozzleSize, as raft.interfaceThickness"},
    fate_row{"raft.surfaceLineWidth", approximate, "nozzleSize, as raft.interfaceLineWidth"},
    fate_row{"raft.surfaceSpeed", approximate, "at printSpeed, whatever is asked for"},
    fate_row{"raft.fanSpeed", finishing, ""},
    fate_row{"raft.extruder", exact, "support_material_extruder; another than that of support is refused"},
    fate_row{"infill.amount", exact, "fill_density"},
    fate_row{"infill.overlap", exact, "infill_overlap"},
    fate_row{"infill.pattern", exact, "fill_pattern; at 100 % lines, but for concentric"},
    fate_row{"support.amount", exact, "support_material_spacing"},
    fate_row{"support.activationAngle", exact,
             "support_material_threshold, which counts from the horizontal"},
    fate_row{"support.orientationAngle", exact, "support_material_angle"},
    fate_row{"support.wallDistance", approximate,
             "a wall or none: below 4000 the engine draws one right around the support (measured: a third "
             "more line, 424 to 316 mm a layer), else none; no distance is kept"},
    fate_row{"support.supportEverywhere", exact, "support_material"},
    fate_row{"support.supportPlatform", exact, "support_material_buildplate_only"},
    fate_row{"support.supportModel", approximate,
             "with supportPlatform it is supportEverywhere, exactly; alone it is refused, since the engine "
             "has support from the bed as well"},
    fate_row{"support.pattern", exact, "support_material_pattern"},
    fate_row{"support.XYDistance", exact, "support_material_xy_spacing"},
    fate_row{"support.ZDistance", exact, "support_material_contact_distance"},
    fate_row{"support.extruder", exact, "support_material_extruder"},
    fate_row{"skirt.lineCount", exact, "skirts"},
    fate_row{"skirt.distance", exact, "skirt_distance"},
    fate_row{"skirt.minLength", exact, "min_skirt_length"},
    fate_row{"skirt.extruder", refused,
             "any but the extruder that prints first (the lowest of the first layer); where several print "
             "there, the engine shares the lines among them"},
    fate_row{"movement.combing", exact, "avoid_crossing_perimeters"},
    fate_row{"movement.oozeShield", approximate,
             "all lines of the skirt up to the top of the model, at skirt.distance and printSpeed: a shield "
             "of skirt.lineCount walls or more, not of one"},
    fate_row{"movement.printSpeed", exact, "solid infill, bridges, gaps and support"},
    fate_row{"movement.travelSpeed", exact, "travel_speed"},
    fate_row{"movement.innerWallSpeed", exact, "perimeter_speed"},
    fate_row{"movement.outerWallSpeed", exact, "external_perimeter_speed"},
    fate_row{"movement.infillSpeed", exact, "infill_speed"},
    fate_row{"movement.speedupLayers", finishing, ""},
    fate_row{"movement.smart", finishing, ""},
    fate_row{"movement.minFactor", finishing, ""},
    fate_row{"movement.maxFactor", finishing, ""},
    fate_row{"movement.minimalSeconds", finishing, ""},
    fate_row{"movement.maximalSeconds", finishing, ""},
    fate_row{"bottom.numberOfLayers", exact, "a layer range"},
    fate_row{"bottom.layerHeight", exact, "first_layer_height and a layer range"},
    fate_row{"bottom.speed", exact, "speeds of the range, first_layer_speed"},
    fate_row{"bottom.solid", exact, "the range is filled; false: it is open, but for what skin closes"},
    fate_row{"bottom.layerDelay", finishing, ""},
    fate_row{"bottom.firstLayersWidthFactor", exact,
             "first_layer_extrusion_width, extrusion_width of the range"},
    fate_row{"bottom.cutOff", placement, "the model is cut"},
    fate_row{"top.numberOfLayers", exact, "a layer range"},
    fate_row{"top.layerHeight", exact, "a layer range"},
    fate_row{"top.solid", exact, "the range is filled; false: it is open, but for what skin closes"},
    fate_row{"retraction.amount", exact, "retract_length"},
    fate_row{"retraction.speed", exact, "retract_speed"},
    fate_row{"retraction.extruderSwitch", exact, "retract_length_toolchange"},
    fate_row{"retraction.minimalExtrusionBeforeRetraction", finishing, ""},
    fate_row{"retraction.zHop", exact, "retract_lift"},
    fate_row{"retraction.minimalDistance", exact, "retract_before_travel"},
    fate_row{"multiExtrusion.preSwitchCode", finishing, ""},
    fate_row{"multiExtrusion.postSwitchCode", finishing, ""},
    fate_row{"multiExtrusion.dualOverlap", refused,
             "volumes of two extruders are printed as they are: any but 0 and 1500"},
    fate_row{"layers.spiralize", exact, "spiral_vase"},
    fate_row{"layers.simpleMode", exact, "one wall, no infill, no closed surfaces"},
    fate_row{"layers.sequentialMode", exact, "complete_objects"},
    fate_row{"layers.layerHeight", exact, "layer_height and layer ranges"},
    fate_row{"layers.layerCoolingTime", finishing, ""},
    fate_row{"layers.firstLayersAmount", finishing, ""},
    fate_row{"layers.numberOutlines", exact, "perimeters"},
    fate_row{"layers.solidLayers", exact, "solid_infill_every_layers"},
    fate_row{"layers.wipeTowerSize", approximate,
             "a tower as wide as asked for, as deep with all extruders at work; measured: 5, 10 and 20 mm "
             "become 5 x 5.5, 10 x 11 and 20 x 22 mm, with a brim of 2 mm around; with several extruders of "
             "the same nozzle and filament, not in sequence, GCODE_FLAVOR_REPRAP alone: else refused"},
    fate_row{"gcode.startGcode", finishing, ""},
    fate_row{"gcode.endGcode", finishing, ""},
    fate_row{"gcode.changeLayerGcode", finishing, ""},
    fate_row{"gcode.customGcode", finishing, ""},
    fate_row{"gcode.repeatEvery", finishing, ""},
    fate_row{"gcode.gcodeFlavour", exact, "gcode_flavor; ULTIGCODE and BFB are refused"},
    fate_row{"brim.lines", exact, "brim_width, counted in lines as they overlap"},
    fate_row{"brim.extruder", refused,
             "any but the extruder that prints first (the lowest of the first layer)"},
    fate_row{"skin.skin", exact, "top_solid_layers, bottom_solid_layers"},
    fate_row{"skin.infillOverlap", approximate,
             "infill.overlap is the one overlap: wrong by their difference, 70 points by the defaults of the "
             "reference (90 and 20 %), 0 by the profiles that come with it"},
    fate_row{"skin.infillAmount", approximate,
             "closed surfaces are printed at 100 %: 100 / amount times the material that was asked for"},
    fate_row{"skin.upSkinSpeed", exact, "top_solid_infill_speed"},
    fate_row{"skin.downSkinSpeed", exact, "solid_infill_speed; what is closed inside has it, too"},
    fate_row{"skin.upSkinCount", exact, "top_solid_layers"},
    fate_row{"skin.downSkinCount", exact, "bottom_solid_layers"},
    fate_row{"absSupport.activationAngle", placement, "discs are put beside the first layer's corners"},
    fate_row{"absSupport.radius", placement, ""},
    fate_row{"absSupport.overlap", placement, ""},
    fate_row{"absSupport.numberOfLayers", placement, ""},
    fate_row{"regionSettings.id", exact, "layer ranges"},
    fate_row{"regionSettings.startHeight", exact, "in whole layers"},
    fate_row{"regionSettings.endHeight", exact, "in whole layers"},
    fate_row{"regionSettings.layerHeight", exact, "layer_height of the range"},
    fate_row{"regionSettings.outerWallSpeed", exact, ""},
    fate_row{"regionSettings.innerWallSpeed", exact, ""},
    fate_row{"regionSettings.printSpeed", exact, ""},
    fate_row{"regionSettings.infillSpeed", exact, ""},
    fate_row{"regionSettings.infillAmount", exact, ""},
    fate_row{"regionSettings.infillPattern", exact, ""},
    fate_row{"regionSettings.extruder", exact, "extruder of the range"},
    fate_row{"regionSettings.fanSpeed", finishing, ""},
    fate_row{"regionSettings.coolingTime", finishing, ""},
};

} // namespace

std::span<const fate_row> fate_table()
{
    return rows;
}

std::string_view name_of(field_fate fate)
{
    switch (fate) {
    case exact:
        return "exact";
    case placement:
        return "before";
    case finishing:
        return "after";
    case approximate:
        return "approximate";
    case refused:
        return "refused";
    }
    return {};
}

} // namespace layerline::workshop
