# What is said on the wire to a printer and on the print host's socket; no Asio, no thread.
layerline_room(serial_machine
    SOURCES host_messages.cpp
    LINK layerline::printer)
