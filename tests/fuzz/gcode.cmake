layerline_fuzz(gcode_line LINK layerline::gcode)
