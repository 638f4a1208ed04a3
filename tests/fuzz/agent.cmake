if(TARGET layerline::agent_settings)
    layerline_fuzz(agent_configuration LINK layerline::agent_settings)
    layerline_fuzz(agent_routing LINK layerline::agent_settings)
endif()
