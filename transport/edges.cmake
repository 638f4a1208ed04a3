# HTTP/1.1 and WebSocket edges, and what every hop shares: fields, errors, bodies.
layerline_room(transport NET
    SOURCES
        body.cpp
        byte_stream.cpp
        chunk_decoder.cpp
        date_field.cpp
        dial.cpp
        dial_address.cpp
        doorkeeper.cpp
        edge_fields.cpp
        error.cpp
        fields.cpp
        heap.cpp
        http_client.cpp
        http_connection.cpp
        http_exchange.cpp
        http_head.cpp
        http_server.cpp
        join_websockets.cpp
        resolve.cpp
        small_blocks.cpp
        tls.cpp
        tls_stream.cpp
        websocket.cpp
        wire_reader.cpp
    PRIVATE_LINK
        spdlog::spdlog)
