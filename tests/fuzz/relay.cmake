# Compiled here again, without the rest of the relay and its coroutines.
add_library(layerline_host_mode_pure STATIC ${PROJECT_SOURCE_DIR}/relay/host_mode.cpp)
target_link_libraries(layerline_host_mode_pure PUBLIC layerline::options layerline_edges_pure)
layerline_fuzz(relay_host LINK layerline_host_mode_pure)
