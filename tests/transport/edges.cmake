layerline_test(transport NET
    SOURCES
        edges_address_test.cpp
        edges_body_test.cpp
        edges_chunk_test.cpp
        edges_client_test.cpp
        edges_date_test.cpp
        edges_disconnect_test.cpp
        edges_error_test.cpp
        edges_fields_test.cpp
        edges_fixture.cpp
        edges_head_test.cpp
        edges_server_test.cpp
        edges_take_in_test.cpp
        edges_tls_test.cpp
        edges_websocket_test.cpp
    LINK
        layerline::transport)
