layerline_test(tunnel NET
    SOURCES
        tunnel_chain_test.cpp
        tunnel_dial_test.cpp
        tunnel_end_test.cpp
        tunnel_exchange_test.cpp
        tunnel_frames_test.cpp
        tunnel_h2_session_test.cpp
        tunnel_memory_test.cpp
        tunnel_pacing_test.cpp
        tunnel_upgrade_test.cpp
        tunnel_websocket_test.cpp
    LINK layerline::tunnel)
