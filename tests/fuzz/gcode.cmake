layerline_fuzz(gcode_line LINK layerline::gcode)
layerline_fuzz(gcode_layers LINK layerline::gcode)
