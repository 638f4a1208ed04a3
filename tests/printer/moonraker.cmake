layerline_test(
    moonraker_desk SOURCES moonraker_action_test.cpp moonraker_desk_test.cpp moonraker_extras_test.cpp moonraker_gate_test.cpp moonraker_hand_test.cpp
        moonraker_lists_test.cpp LINK layerline::moonraker_core)
layerline_test(moonraker_link NET
    SOURCES
        moonraker_link_test.cpp
        ${PROJECT_SOURCE_DIR}/tests/fakes/fake_moonraker.cpp
        ${PROJECT_SOURCE_DIR}/tests/fakes/fake_moonraker_files.cpp
    LINK
        layerline::access_core layerline::moonraker_link)
target_include_directories(test_moonraker_link PRIVATE ${PROJECT_SOURCE_DIR}/tests)
