foreach(target obj_file off_file ply_file stl_file)
    layerline_fuzz(${target} LINK layerline::models)
endforeach()
