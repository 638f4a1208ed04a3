# The tunnel: HTTP/2 in a WebSocket's messages, and the dialler's decisions.
layerline_room(tunnel NET
    SOURCES
        ${CMAKE_CURRENT_LIST_DIR}/backoff.cpp
        ${CMAKE_CURRENT_LIST_DIR}/dial_planner.cpp
        ${CMAKE_CURRENT_LIST_DIR}/h2_callbacks.cpp
        ${CMAKE_CURRENT_LIST_DIR}/h2_head.cpp
        ${CMAKE_CURRENT_LIST_DIR}/h2_memory.cpp
        ${CMAKE_CURRENT_LIST_DIR}/h2_session.cpp
        ${CMAKE_CURRENT_LIST_DIR}/keep_alive.cpp
        ${CMAKE_CURRENT_LIST_DIR}/message_size.cpp
        ${CMAKE_CURRENT_LIST_DIR}/tunnel_client.cpp
        ${CMAKE_CURRENT_LIST_DIR}/tunnel_body.cpp
        ${CMAKE_CURRENT_LIST_DIR}/tunnel_link.cpp
        ${CMAKE_CURRENT_LIST_DIR}/tunnel_server.cpp
        ${CMAKE_CURRENT_LIST_DIR}/tunnel_websocket.cpp
        ${CMAKE_CURRENT_LIST_DIR}/wakeup.cpp
        ${CMAKE_CURRENT_LIST_DIR}/websocket_frames.cpp
        ${CMAKE_CURRENT_LIST_DIR}/window_planner.cpp
    LINK layerline::transport PkgConfig::NGHTTP2)
