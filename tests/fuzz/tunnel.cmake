# The tunnel's parts without coroutines, compiled here again: clang 14 does not take the others.
add_library(layerline_tunnel_pure STATIC
    ${PROJECT_SOURCE_DIR}/transport/error.cpp
    ${PROJECT_SOURCE_DIR}/transport/fields.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/backoff.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/dial_planner.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/h2_callbacks.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/h2_head.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/h2_memory.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/h2_session.cpp
    ${PROJECT_SOURCE_DIR}/transport/tunnel/websocket_frames.cpp)
target_link_libraries(layerline_tunnel_pure PUBLIC layerline::options Boost::headers PkgConfig::NGHTTP2)
foreach(target tunnel_bytes tunnel_frames tunnel_pair tunnel_dialler)
    layerline_fuzz(${target} LINK layerline_tunnel_pure)
endforeach()
