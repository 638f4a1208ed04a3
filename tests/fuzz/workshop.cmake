foreach(target amf_file gltf_file obj_file off_file ply_file stl_file three_mf_file)
    layerline_fuzz(${target} LINK layerline::models)
endforeach()
# How downloads are asked for in parts, without the coroutines that answer.
add_library(layerline_byte_range_pure STATIC ${PROJECT_SOURCE_DIR}/commands/byte_range.cpp)
target_link_libraries(layerline_byte_range_pure PUBLIC layerline::options)
# The Model API's pure parts, compiled here again without its coroutines.
add_library(layerline_model_requests_pure STATIC
    ${PROJECT_SOURCE_DIR}/workshop/jobs/chain.cpp
    ${PROJECT_SOURCE_DIR}/workshop/jobs/shelf.cpp
    ${PROJECT_SOURCE_DIR}/workshop/service/callback.cpp
    ${PROJECT_SOURCE_DIR}/workshop/service/chunk_plan.cpp
    ${PROJECT_SOURCE_DIR}/workshop/service/model_routes.cpp
    ${PROJECT_SOURCE_DIR}/workshop/service/operation_request.cpp
    ${PROJECT_SOURCE_DIR}/workshop/service/token_request.cpp)
target_link_libraries(layerline_model_requests_pure PUBLIC layerline::options layerline::access_core layerline::operations
    layerline_edges_pure)
layerline_fuzz(model_requests LINK layerline_model_requests_pure)
layerline_fuzz(byte_range LINK layerline_byte_range_pure)
layerline_fuzz(slice_request LINK layerline::slicing)
layerline_fuzz(engine_gcode LINK layerline::finishing)
layerline_fuzz(plane_slicer LINK layerline::slicing)
layerline_fuzz(profile_text LINK layerline::profiles)
