# The agent's link to a print host over its unix socket.
layerline_room(serial_link NET
    SOURCES
        link_desk.cpp
        serial_link.cpp
    LINK
        layerline::printer
        layerline::serial_machine
        layerline::transport)
