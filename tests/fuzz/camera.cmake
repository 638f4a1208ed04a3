if(TARGET layerline::camera_stream)
    layerline_fuzz(multipart_parser LINK layerline::camera_stream)
    layerline_fuzz(camera_picture LINK layerline::camera_stream)
endif()
