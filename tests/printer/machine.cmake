layerline_test(printer_core SOURCES printer_state_test.cpp LINK layerline::printer)
