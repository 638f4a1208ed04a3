# The edges' parts without coroutines, compiled here again: clang 14 does not take the others.
add_library(layerline_edges_pure STATIC
    ${PROJECT_SOURCE_DIR}/transport/chunk_decoder.cpp
    ${PROJECT_SOURCE_DIR}/transport/dial_address.cpp
    ${PROJECT_SOURCE_DIR}/transport/edge_fields.cpp
    ${PROJECT_SOURCE_DIR}/transport/fields.cpp
    ${PROJECT_SOURCE_DIR}/transport/http_head.cpp)
target_link_libraries(layerline_edges_pure PUBLIC layerline::options Boost::headers Boost::url)
foreach(target http_request http_response chunk_decoder edge_fields)
    layerline_fuzz(${target} LINK layerline_edges_pure)
endforeach()
