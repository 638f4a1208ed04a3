# The commands' parts without coroutines, compiled here again: clang 14 does not take the others.
add_library(layerline_commands_pure STATIC
    ${PROJECT_SOURCE_DIR}/commands/arguments.cpp
    ${PROJECT_SOURCE_DIR}/commands/file_use.cpp
    ${PROJECT_SOURCE_DIR}/commands/form_data.cpp
    ${PROJECT_SOURCE_DIR}/commands/gcode_metadata.cpp
    ${PROJECT_SOURCE_DIR}/commands/host_call.cpp
    ${PROJECT_SOURCE_DIR}/commands/moonraker_files.cpp
    ${PROJECT_SOURCE_DIR}/commands/print_queue.cpp
    ${PROJECT_SOURCE_DIR}/commands/query.cpp
    ${PROJECT_SOURCE_DIR}/commands/reply.cpp
    ${PROJECT_SOURCE_DIR}/commands/upload_plan.cpp
    ${PROJECT_SOURCE_DIR}/commands/virtual_path.cpp
    ${PROJECT_SOURCE_DIR}/commands/webcam_result.cpp
    ${PROJECT_SOURCE_DIR}/access/base64.cpp)
target_link_libraries(layerline_commands_pure PUBLIC layerline::options layerline::moonraker_core layerline::printer layerline::gcode
    nlohmann_json::nlohmann_json Boost::headers Boost::url)
foreach(target command_arguments command_records form_data virtual_path gcode_metadata moonraker_files)
    layerline_fuzz(${target} LINK layerline_commands_pure)
endforeach()
