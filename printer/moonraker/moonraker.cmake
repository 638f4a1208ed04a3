# The agent's link to Klipper through Moonraker. What it decides is a library of its own without coroutines,
# which clang 14 cannot build for the fuzz targets.
layerline_room(moonraker_core
    SOURCES
        desk_actions.cpp
        desk_state.cpp
        klipper_objects.cpp
        moonraker_desk.cpp
        rpc_messages.cpp
    LINK layerline::printer layerline::kept_state)
layerline_room(moonraker_link NET
    SOURCES moonraker_link.cpp rpc_wire.cpp
    LINK layerline::moonraker_core layerline::transport)
