# HTTP/1.1 and WebSocket edges, and what every hop shares: fields, errors, bodies.
layerline_room(transport NET
    SOURCES
        body.cpp
        error.cpp
        fields.cpp
    PRIVATE_LINK
        spdlog::spdlog)
