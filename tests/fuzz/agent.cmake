if(TARGET layerline::agent_settings)
    layerline_fuzz(agent_configuration LINK layerline::agent_settings)
    layerline_fuzz(agent_routing LINK layerline::agent_settings)
    layerline_fuzz(agent_lists LINK layerline::agent_settings layerline_commands_pure)
endif()
if(TARGET layerline::access_core)
    # Compiled here again, without the rest of the agent and its coroutines.
    add_library(layerline_model_prints_pure STATIC
        ${PROJECT_SOURCE_DIR}/agent/kept_model_prints.cpp
        ${PROJECT_SOURCE_DIR}/commands/model_print.cpp
        ${PROJECT_SOURCE_DIR}/commands/model_print_record.cpp
        ${PROJECT_SOURCE_DIR}/commands/code_reach.cpp
        ${PROJECT_SOURCE_DIR}/commands/printer_limits.cpp)
    target_link_libraries(layerline_model_prints_pure PUBLIC layerline::access_core layerline_commands_pure)
    layerline_fuzz(model_prints LINK layerline_model_prints_pure)
endif()
if(TARGET layerline::serial_link_core)
    layerline_fuzz(link_desk LINK layerline::serial_link_core)
endif()
if(TARGET layerline::agent_ui)
    layerline_fuzz(ui_rewrite LINK layerline::agent_ui layerline_edges_pure)
endif()
if(TARGET layerline::moonraker_core)
    layerline_fuzz(moonraker_desk LINK layerline::moonraker_core)
    layerline_fuzz(moonraker_lists LINK layerline::moonraker_core)
endif()
