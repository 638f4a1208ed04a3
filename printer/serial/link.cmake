# The agent's link to a print host over its unix socket. What it decides is a library of its own without
# coroutines, which clang 14 cannot build for the fuzz targets.
layerline_room(serial_link_core
    SOURCES link_desk.cpp
    LINK layerline::printer layerline::serial_machine)
layerline_room(serial_link NET
    SOURCES serial_link.cpp
    LINK layerline::serial_link_core layerline::transport)
