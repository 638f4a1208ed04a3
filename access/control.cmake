# The control socket's shared part: tokens, from the command line to the service.
layerline_runs_once(control_call.cpp token_command.cpp)
layerline_room(access_control NET
    SOURCES control_call.cpp token_command.cpp token_control.cpp
    LINK layerline::access layerline::transport nlohmann_json::nlohmann_json
    PRIVATE_LINK CLI11::CLI11)
