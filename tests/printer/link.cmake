layerline_test(serial_link NET
    SOURCES
        link_desk_test.cpp
        serial_link_test.cpp
        ${PROJECT_SOURCE_DIR}/tests/fakes/fake_print_host.cpp
    LINK
        layerline::serial_link)
target_include_directories(test_serial_link PRIVATE ${PROJECT_SOURCE_DIR}/tests)
