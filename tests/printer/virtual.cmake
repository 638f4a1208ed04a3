# The virtual printer's firmware, with a clock of the test's own; and its pty.
layerline_test(virtual_printer
    SOURCES virtual_lines_test.cpp virtual_waiting_test.cpp virtual_motion_test.cpp virtual_heat_test.cpp
        virtual_wire_test.cpp virtual_families_test.cpp virtual_faults_test.cpp virtual_report_test.cpp virtual_pty_test.cpp
        ${PROJECT_SOURCE_DIR}/printer/virtual/pty_port.cpp
    LINK layerline::virtual_printer nlohmann_json::nlohmann_json)
