layerline_test(printer_core SOURCES printer_state_test.cpp start_gate_test.cpp time_left_test.cpp LINK layerline::printer layerline::gcode)
layerline_test(serial_messages SOURCES machine_messages_test.cpp LINK layerline::serial_machine)
layerline_test(serial_machine
    SOURCES firmware_model.cpp machine_hard_cases_test.cpp machine_parser_test.cpp machine_print_test.cpp machine_rejoin_test.cpp machine_transcript_test.cpp
    LINK layerline::serial_machine)
layerline_test(serial_port SOURCES machine_port_test.cpp LINK layerline::serial_machine layerline::serial_ports)
# A long print over a bad cable, in virtual time; bench/ has ten million lines of it.
layerline_test(serial_faults SOURCES bad_cable.cpp long_print.cpp machine_faults_test.cpp
    LINK layerline::serial_machine layerline::virtual_printer)
# Packed lines, against a firmware's unpacking.
layerline_test(meatpack SOURCES firmware_model.cpp meatpack_test.cpp LINK layerline::serial_machine layerline::virtual_printer)
