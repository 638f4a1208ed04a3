layerline_fuzz(stl_file LINK layerline::models)
