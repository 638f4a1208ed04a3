# The printer's errors and state, shared by everything that talks of printers. No sockets here.
layerline_room(printer
    SOURCES json_fields.cpp printer_action.cpp printer_error.cpp printer_state.cpp start_gate.cpp time_left.cpp
    LINK nlohmann_json::nlohmann_json)
