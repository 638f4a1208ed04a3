layerline_test(printer_core SOURCES printer_state_test.cpp LINK layerline::printer)
layerline_test(serial_messages SOURCES machine_messages_test.cpp LINK layerline::serial_machine)
