layerline_fuzz(command_arguments LINK layerline::commands)
layerline_fuzz(virtual_path LINK layerline::commands)
layerline_fuzz(gcode_metadata LINK layerline::commands)
