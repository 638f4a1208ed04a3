# The agent's link to Klipper through Moonraker. What it decides is a library of its own without coroutines,
# which clang 14 cannot build for the fuzz targets.
layerline_room(moonraker_core
    SOURCES
        desk_actions.cpp
        desk_hand.cpp
        desk_klippy.cpp
        desk_lists.cpp
        desk_outcomes.cpp
        desk_start.cpp
        desk_state.cpp
        desk_stop.cpp
        hand_gcode.cpp
        host_lists.cpp
        klipper_console.cpp
        klipper_describe.cpp
        klipper_objects.cpp
        lenient_json.cpp
        moonraker_desk.cpp
        rpc_messages.cpp
    LINK layerline::gcode layerline::printer layerline::kept_state)
layerline_room(moonraker_link NET
    SOURCES moonraker_extras.cpp moonraker_link.cpp rpc_wire.cpp
    LINK layerline::moonraker_core layerline::serial_machine layerline::transport)
