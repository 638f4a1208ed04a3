# The print host, by its parts.
layerline_test(print_host
    SOURCES
        firmware_model.cpp firmware_profile_test.cpp hand_test.cpp host_core_test.cpp
        host_attention_test.cpp
        host_card_files_test.cpp
        host_card_test.cpp
        host_gate_test.cpp
        host_job_test.cpp
        host_policy_test.cpp
        host_port_test.cpp
        host_reader_test.cpp
        host_state_test.cpp
        host_stop_test.cpp
        host_takeover_test.cpp
        print_journal_test.cpp
        supervisor_test.cpp
        takeover_plan_test.cpp
        host_waits_test.cpp
    LINK
        layerline::print_host)
target_compile_definitions(test_print_host PRIVATE LAYERLINE_DOCS_DIR="${PROJECT_SOURCE_DIR}/docs")
layerline_test(safety_doc SOURCES safety_doc_test.cpp)
target_compile_definitions(test_safety_doc PRIVATE LAYERLINE_DOCS_DIR="${PROJECT_SOURCE_DIR}/docs"
    LAYERLINE_TESTS_DIR="${PROJECT_SOURCE_DIR}/tests")
# Under a sanitizer, which has functions of its own in the same place, nothing is counted: its threads are looked at.
layerline_test(wire_quiet SOURCES hand_over_test.cpp quiet_watch.cpp wire_quiet_test.cpp LINK layerline::print_host)
target_link_libraries(test_wire_quiet PRIVATE ${CMAKE_DL_LIBS})
