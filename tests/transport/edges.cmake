layerline_test(transport NET
    SOURCES
        edges_fields_test.cpp
        edges_body_test.cpp
        edges_error_test.cpp
    LINK
        layerline::transport)
